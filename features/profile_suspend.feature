Feature: Suspending a profile
  A Global profile can be suspended on its own, by its ICCID. Its place on the card stays as it is.

  Background:
    Given a device with the profiles
      | profile | service | status  |
      | US      | active  | DISABLE |
      | Global  | active  | ENABLE  |
    And my listener is registered

  Scenario: A Global profile that is in use
    When I suspend the Global profile
    Then the call is accepted
    When time passes until nothing is owed
    Then my listener hears
      | of     | status  | state     | profileStatus | profileRole |
      | Global | SUCCESS | SUSPENDED | ENABLE        | LOCAL       |
    And the device now has
      | profile | status  | suspended |
      | US      | DISABLE | none      |
      | Global  | ENABLE  | profile   |

  Scenario: The US profile can only be suspended with its device
    When I suspend the US profile
    And time passes until nothing is owed
    Then my listener hears
      | of | status | fault                                          |
      | US | Failed | Operation is supported for Global profile only |

  Scenario: Suspending twice
    When I suspend the Global profile
    And I suspend the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | state     | fault                        |
      | Global | SUCCESS | SUSPENDED |                              |
      | Global | Failed  |           | Profile is already suspended |

  Scenario: An unknown profile among good ones
    When I suspend these in one call
      | devices | profile |
      | device  | Global  |
      |         | unknown |
    And time passes until nothing is owed
    Then my listener hears, in any order
      | of      | status  | state     | fault            |
      | Global  | SUCCESS | SUSPENDED |                  |
      | unknown | Failed  |           | Device not found |
