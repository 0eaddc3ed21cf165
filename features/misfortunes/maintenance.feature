Feature: ThingSpace is down for maintenance
  Every call meets a page in HTML, logging in too. It says when to ask again.

  Background:
    Given a device with the profiles
      | profile | service | status  |
      | US      | active  | DISABLE |
      | Global  | active  | ENABLE  |
    And the misfortune "maintenance"

  Scenario: It is over after three calls
    When I log in
    Then the reply is 503 and a page in HTML
    And the reply has the header "Retry-After" "2"
    When I make the same call again
    Then the reply is 503 and a page in HTML
    When I make the same call again
    Then the reply is 503 and a page in HTML
    When I make the same call again
    Then the call is accepted
