Feature: Too many calls
  A call that is refused with 429 is no failure: it says after which time to make it again.

  Background:
    Given a device with the profiles
      | profile | service | status  |
      | US      | active  | DISABLE |
      | Global  | active  | ENABLE  |
    And the misfortune "throttled"
    And my listener is registered

  Scenario: The third call goes through
    When I suspend the Global profile
    Then the call is refused with 429 and "Message throttled out"
    And the reply has the header "Retry-After" "1"
    When I make the same call again
    Then the call is refused with 429 and "Message throttled out"
    When I make the same call again
    Then the call is accepted
    When time passes until nothing is owed
    Then my listener hears
      | of     | status  | state     |
      | Global | SUCCESS | SUSPENDED |
    When I resume the Global profile
    Then the call is accepted
