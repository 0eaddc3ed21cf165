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
    Given my application waits 30s for a reply
    When I suspend the Global profile
    Then the call is accepted

  Scenario: An application that does not
    Given time jumps to whatever is due next
    And my application waits 100ms for a reply
    When I suspend the Global profile
    Then no reply has come in time
    When my listener is told
    Then my listener hears
      | of     | status  | state     |
      | Global | SUCCESS | SUSPENDED |
