Feature: Callbacks that come late
  The work is done, and nobody has told of it yet. An application that asks for the same thing again in
  the meantime is told that it is done already, and has to know which of the two callbacks is which.

  Background:
    Given a device with the profiles
      | profile | service | status  |
      | US      | active  | DISABLE |
      | Global  | active  | ENABLE  |
    And the misfortune "late-callbacks"
    And my listener is registered

  Scenario: Waiting is enough
    When I suspend the Global profile
    And 299 seconds pass
    Then my listener hears nothing
    And the device now has
      | profile | suspended |
      | Global  | profile   |
    When 1 seconds pass
    Then my listener hears
      | of     | status  | state     |
      | Global | SUCCESS | SUSPENDED |

  Scenario: Asking again is not
    When I suspend the Global profile
    And 1 minutes pass
    And I suspend the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | fault                        |
      | Global | SUCCESS |                              |
      | Global | Failed  | Profile is already suspended |
