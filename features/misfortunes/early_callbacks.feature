Feature: Callbacks that come before the reply
  The callback has the requestId of a request whose reply is still on its way. My application keeps it
  until it knows that requestId.

  Background:
    Given a device with the profiles
      | profile | service | status  |
      | US      | active  | DISABLE |
      | Global  | active  | ENABLE  |
    And my listener is registered

  Scenario: The callback is first
    Given the misfortune "early-callbacks"
    When I suspend the Global profile
    Then the call is accepted
    And 1 callback came before the reply
    And my listener hears
      | of     | status  | state     |
      | Global | SUCCESS | SUSPENDED |

  Scenario: As it is without that
    When I suspend the Global profile
    Then the call is accepted
    And 0 callbacks came before the reply
