Feature: One world, several endings
  What takes long to build, or is hard to come by, is built once and kept as a snapshot. A test goes back to it as often as it
  likes: everything is as it was then, down to what was still to come. An application that goes on sees no requestId twice, and
  stays logged in.

  Background:
    Given a device with the profiles
      | profile | service | status  |
      | US      | active  | ENABLE  |
      | Global  | active  | DISABLE |
    And my listener is registered
    When I suspend the Global profile
    And time passes until nothing is owed
    And I suspend the device
    And I keep "/requestId" of the reply as "winter"
    Given a snapshot "autumn"
    When time passes until nothing is owed
    Then the callbacks of that request are
      | of     | status  | state     | fault                        |
      | US     | SUCCESS | SUSPENDED |                              |
      | Global | Failed  |           | Profile is already suspended |
      | device | SUCCESS | SUSPENDED |                              |
    Given a snapshot "spring"

  Scenario: Two endings of the same world
    When I resume the device
    And I keep "/requestId" of the reply as "thaw"
    And time passes until nothing is owed
    Then the device now has
      | profile | suspended |
      | US      | none      |
      | Global  | profile   |
    When the sandbox is rewound to "spring"
    Then the device now has
      | profile | suspended |
      | US      | device    |
      | Global  | profile   |
    When I resume the Global profile
    Then that request is another one than "thaw"
    When time passes until nothing is owed
    And I resume the device
    And time passes until nothing is owed
    Then the device now has
      | profile | suspended |
      | US      | none      |
      | Global  | none      |

  Scenario: What was suspended on its own stays so, however often one goes back
    When the sandbox is rewound to "spring"
    And the sandbox is rewound to "autumn"
    And the sandbox is rewound to "spring"
    And I resume the device
    And time passes until nothing is owed
    Then the callbacks of that request are
      | of     | status  | state     |
      | US     | SUCCESS | ACTIVE    |
      | Global | SUCCESS | SUSPENDED |
      | device | SUCCESS | ACTIVE    |

  Scenario: What was still to come comes again, to the same request
    When the sandbox is rewound to "autumn"
    Then the device now has
      | profile | suspended |
      | US      | none      |
      | Global  | profile   |
    When time passes until nothing is owed
    Then the callbacks of that request are
      | of     | status  | state     | fault                        |
      | US     | SUCCESS | SUSPENDED |                              |
      | Global | Failed  |           | Profile is already suspended |
      | device | SUCCESS | SUSPENDED |                              |
    And my listener hears 2 times "Profile is already suspended"
