Feature: Half of a bulk fails
  Each device of a request has an outcome of its own. Those that failed are asked for again, and only those.

  Background:
    Given 8 devices with the profiles
      | profile | service | status  |
      | US      | active  | ENABLE  |
      | Global  | active  | DISABLE |
    And the misfortune "half-the-bulk-fails"
    And my listener is registered

  Scenario: Again and again, until none is left
    When I suspend the Global profiles of 8 devices in one call
    And time passes until nothing is owed
    Then my listener hears 4 times "SUCCESS"
    And my listener hears 4 times "Profile update in progress"
    When I ask again for those that failed
    And time passes until nothing is owed
    And I ask again for those that failed
    And time passes until nothing is owed
    And I ask again for those that failed
    And time passes until nothing is owed
    Then my listener hears 8 times "SUCCESS"
    And my listener hears 7 times "Profile update in progress"
    And the devices now have
      | profile | devices | suspended |
      | Global  | 8       | profile   |
