Feature: Callbacks that never come
  When no callback has come for a while, waiting does not help: my application asks for the status of the
  request.

  Background:
    Given a device with the profiles
      | profile | service | status  |
      | US      | active  | DISABLE |
      | Global  | active  | ENABLE  |
    And the misfortune "lost-callbacks"
    And my listener is registered

  Scenario: The status knows what the callback would have told
    When I suspend the Global profile
    And time passes until nothing is owed
    Then my listener hears nothing
    When I ask for the status of that request
    Then the request is "Success"
    And the device now has
      | profile | suspended |
      | Global  | profile   |

  Scenario: The next request is told of
    When I suspend the Global profile
    And I resume the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | state  |
      | Global | SUCCESS | ACTIVE |
