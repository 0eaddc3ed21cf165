Feature: Suspending and resuming a whole device
  A device is suspended and resumed with all of its active profiles: one callback for each, and a last
  one for the device. A profile that was suspended on its own stays suspended.

  Background:
    Given a device with the profiles
      | profile | service | status  |
      | US      | active  | DISABLE |
      | Global  | active  | ENABLE  |
    And my listener is registered

  Scenario: Suspend and resume
    When I suspend the device
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | state     | profileStatus | servicePlan |
      | US     | SUCCESS | SUSPENDED | DISABLE       | US Plan     |
      | Global | SUCCESS | SUSPENDED | ENABLE        | Global Plan |
      | device | SUCCESS | SUSPENDED |               |             |
    When I resume the device
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | state  | profileStatus | servicePlan |
      | US     | SUCCESS | ACTIVE | DISABLE       | US Plan     |
      | Global | SUCCESS | ACTIVE | ENABLE        | Global Plan |
      | device | SUCCESS | ACTIVE |               |             |

  Scenario: A profile that was suspended on its own stays suspended
    Given the Global profile is suspended on its own
    When I suspend the device
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | state     | fault                        |
      | US     | SUCCESS | SUSPENDED |                              |
      | Global | Failed  |           | Profile is already suspended |
      | device | SUCCESS | SUSPENDED |                              |
    When I resume the device
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | state     |
      | US     | SUCCESS | ACTIVE    |
      | Global | SUCCESS | SUSPENDED |
      | device | SUCCESS | ACTIVE    |

  Scenario: Resuming twice
    Given the Global profile is suspended on its own
    When I resume the device
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | state     | fault                      |
      | US     | Failed  |           | Profile is already resumed |
      | Global | SUCCESS | SUSPENDED |                            |
      | device | SUCCESS | ACTIVE    |                            |

  Scenario: Nothing is suspended
    When I resume the device
    And time passes until nothing is owed
    Then my listener hears
      | of     | status | fault                      |
      | US     | Failed | Profile is already resumed |
      | Global | Failed | Profile is already resumed |
      | device | Failed | Profile is already resumed |

  Scenario: The device is not there
    When I resume an unknown device
    And time passes until nothing is owed
    Then my listener hears
      | of     | status | fault            |
      | device | Failed | Device not found |
