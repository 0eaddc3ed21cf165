Feature: Activating a profile
  An eSIM profile begins with a subscription: activate gives it a number and a service plan. The
  US profile of a new device goes into use at once; a Global one waits to be downloaded.

  Background:
    Given a device with the profiles
      | profile | service    | status         |
      | US      | pre_active | DISABLE        |
      | Global  | pre_active | NOT_DOWNLOADED |
    And my listener is registered

  Scenario: The US profile of a new device
    When I activate the US profile
    Then the call is accepted
    And my listener hears nothing
    When time passes until nothing is owed
    Then my listener hears
      | of | status  | state  | profileStatus | profileRole | carrierName      |
      | US | SUCCESS | Active | ENABLE        | LEAD        | Verizon Wireless |
    And the device now has
      | profile | service    | status         |
      | US      | active     | ENABLE         |
      | Global  | pre_active | NOT_DOWNLOADED |

  Scenario: The EID alone means the US profile
    When I activate the device by its EID
    And time passes until nothing is owed
    Then my listener hears
      | of | status  | state  | profileStatus | profileRole |
      | US | SUCCESS | Active | ENABLE        | LEAD        |

  Scenario: A Global profile is active, and not downloaded yet
    When I activate the Global profile with the plan "Global Plan"
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | state  | profileStatus  | profileRole |
      | Global | SUCCESS | Active | NOT_DOWNLOADED | LOCAL       |

  Scenario: Activating twice
    When I activate the US profile
    And I activate the US profile
    And time passes until nothing is owed
    Then my listener hears
      | of | status  | state  | fault                     |
      | US | SUCCESS | Active |                           |
      | US | Failed  |        | Device is already active |

  Scenario: Activated and put into use at once
    When I activate_enable the US profile
    And time passes until nothing is owed
    Then my listener hears
      | of | status  | state  | profileStatus | profileRole |
      | US | SUCCESS | Active | ENABLE        | LEAD        |
