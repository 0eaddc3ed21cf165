Feature: Going on from where a sandbox is
  What an hour of calls has led to can be kept as a scenario, and be where every next try begins: a device
  that was activated and is in the midst of its download, say. My application goes on with its tokens.

  Background:
    Given the built-in scenario "first-device"
    And my listener is registered
    When I activate the US profile with the plan "US Plan"
    And time passes until nothing is owed
    And I download the Global profile with the plan "Global Plan"
    And time passes until nothing is owed
    And I keep the sandbox as a scenario
    Then the scenario that I kept has
      """
      name: default
      about: From the factory to an enabled Global profile, with activate, download and enable.
      start: 2030-01-01T00:00:25Z
      clock: manual
      """

  Scenario: One ending
    When I enable the Global profile
    And time passes until nothing is owed
    Then the device now has
      | profile | service | status  |
      | US      | active  | DISABLE |
      | Global  | active  | ENABLE  |

  Scenario: One ending, and then another
    When I enable the Global profile
    And time passes until nothing is owed
    And I go on from the scenario that I kept
    Then the time is "2030-01-01T00:00:25Z"
    And the device now has
      | profile | service | status           |
      | US      | active  | ENABLE           |
      | Global  | active  | DOWNLOAD_DISABLE |
    When I suspend the Global profile
    And time passes until nothing is owed
    Then the device now has
      | profile | service | status           | suspended |
      | US      | active  | ENABLE           | none      |
      | Global  | active  | DOWNLOAD_DISABLE | profile   |

  Scenario: What was under way is not in it, and it says so
    When I enable the Global profile
    And I keep the sandbox as a scenario
    Then the scenario that I kept says
      """
      # What no scenario can say is not in it:
      # - 1 request has something still to come
      """
    When I go on from the scenario that I kept
    And time passes until nothing is owed
    Then the device now has
      | profile | service | status           |
      | US      | active  | ENABLE           |
      | Global  | active  | DOWNLOAD_DISABLE |

  Scenario: Something else altogether
    When I go on from the built-in scenario "suspended-fleet"
    And my listener is registered
    And I resume all devices in one call
    And time passes until nothing is owed
    Then my listener hears 10 times "Profile is already resumed"
