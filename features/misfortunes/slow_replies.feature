Feature: Replies that take their time
  The request is accepted at once, but my application hears of that seconds later, byte by byte. If it gives
  up, the request is carried out all the same.

  Background:
    Given a device with the profiles
      | profile | service | status  |
      | US      | active  | DISABLE |
      | Global  | active  | ENABLE  |
    And the misfortune "slow-replies"
    And my listener is registered

  Scenario: An application that waits
    Given I wait 30 seconds for a reply
    When I suspend the Global profile
    Then the call is accepted

  Scenario: An application that does not
    Given time runs by itself
    And I wait 100 milliseconds for a reply
    When I suspend the Global profile
    Then no reply has come in time
    And within 60 seconds, my listener hears
      | of     | status  | state     |
      | Global | SUCCESS | SUSPENDED |
