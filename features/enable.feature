Feature: Enabling a profile
  One profile of a device is in use at a time. Enabling one disables the other, and nobody is told of
  the other.

  Background:
    Given a device with the profiles
      | profile | service | status           |
      | US      | active  | ENABLE           |
      | Global  | active  | DOWNLOAD_DISABLE |
    And my listener is registered

  Scenario: From the US profile to the Global one
    When I enable the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | state  | profileStatus | profileRole |
      | Global | SUCCESS | ACTIVE | ENABLE        | LOCAL       |
    And the device now has
      | profile | status  |
      | US      | DISABLE |
      | Global  | ENABLE  |

  Scenario: And back
    When I enable the Global profile
    And time passes until nothing is owed
    And I enable the US profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | profileStatus | profileRole |
      | Global | SUCCESS | ENABLE        | LOCAL       |
      | US     | SUCCESS | ENABLE        | LEAD        |

  Scenario: Enabling the profile that is enabled
    When I enable the US profile
    And time passes until nothing is owed
    Then my listener hears
      | of | status | fault                      |
      | US | Failed | Profile is already enabled |

  Scenario: The plan is of the other network
    When I enable the Global profile with the plan "US Plan"
    And time passes until nothing is owed
    Then my listener hears
      | of     | status | fault                                   |
      | Global | Failed | Service plan does not match the profile |
