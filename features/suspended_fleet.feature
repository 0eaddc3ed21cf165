Feature: Resuming a fleet
  What was suspended as a whole is resumed as a whole. A profile that was suspended on its own stays
  suspended, and has to be resumed on its own; its callback says so. In the built-in scenario
  "suspended-fleet", 70 devices were suspended as a whole, 20 first in their Global profile and then as a
  whole, 10 in their Global profile only.

  Background:
    Given the built-in scenario "suspended-fleet"
    And my listener is registered

  Scenario: All devices in one call
    When I resume all devices in one call
    Then the call is accepted
    When time passes until nothing is owed
    Then my listener hears, in any order
      | times | of     | status  | state     | fault                      |
      | 90    | US     | SUCCESS | ACTIVE    |                            |
      | 10    | US     | Failed  |           | Profile is already resumed |
      | 70    | Global | SUCCESS | ACTIVE    |                            |
      | 30    | Global | SUCCESS | SUSPENDED |                            |
      | 100   | device | SUCCESS | ACTIVE    |                            |
    And the devices now have
      | devices | profile | status  | suspended |
      | 100     | US      | ENABLE  | none      |
      | 70      | Global  | DISABLE | none      |
      | 30      | Global  | DISABLE | profile   |

  Scenario: And then the profiles that are still suspended
    When I resume all devices in one call
    And time passes until nothing is owed
    And I resume the profiles that my listener has heard to be "SUSPENDED"
    And time passes until nothing is owed
    Then the devices now have
      | devices | profile | suspended |
      | 100     | US      | none      |
      | 100     | Global  | none      |

  Scenario: Doing it again resumes nothing more
    When I resume all devices in one call
    And time passes until nothing is owed
    And I resume all devices in one call
    And time passes until nothing is owed
    Then the devices now have
      | devices | profile | suspended |
      | 70      | Global  | none      |
      | 30      | Global  | profile   |
