Feature: The other actions on a profile
  Profiles are resumed, disabled, deleted, deactivated, and chosen as the one to fall back to.

  Background:
    Given a device with the profiles
      | profile | service | status  |
      | US      | active  | DISABLE |
      | Global  | active  | ENABLE  |
    And my listener is registered

  Scenario: A profile that was suspended with its device can be resumed alone
    When I suspend the device
    And time passes until nothing is owed
    And I resume the US profile
    And time passes until nothing is owed
    Then the device now has
      | profile | suspended |
      | US      | none      |
      | Global  | device    |

  Scenario: Disabling falls back to the US profile
    When I disable the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | state  | profileStatus | profileRole |
      | Global | SUCCESS | ACTIVE | DISABLE       | LOCAL       |
    And the device now has
      | profile | status  |
      | US      | ENABLE  |
      | Global  | DISABLE |

  Scenario: A profile that is in use cannot be deleted
    When I delete the Global profile
    And time passes until nothing is owed
    And I enable the US profile
    And time passes until nothing is owed
    And I delete the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | profileStatus | fault                                             |
      | Global | Failed  |               | Profile must be disabled before it can be deleted |
      | US     | SUCCESS | ENABLE        |                                                   |
      | Global | SUCCESS | DELETE        |                                                   |

  Scenario: Deactivating releases the number, and activating gives a new one
    When I deactivate the Global profile
    And time passes until nothing is owed
    Then the Global profile has no number and no plan
    And the device now has
      | profile | service  | status  |
      | US      | active   | ENABLE  |
      | Global  | deactive | DISABLE |
    When I activate the Global profile
    And time passes until nothing is owed
    Then the Global profile has a number and the plan "Global Plan"

  Scenario: A new service plan
    When I change the plan of the Global profile to "Global Plus"
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | state  |
      | Global | SUCCESS | ACTIVE |
    And the Global profile has a number and the plan "Global Plus"

  Scenario: The profile to fall back to is used when the network is gone
    When I make the US profile the one to fall back to
    And time passes until nothing is owed
    And the device loses its network
    Then the device now has
      | profile | status  |
      | US      | ENABLE  |
      | Global  | DISABLE |

  Scenario: The profile to fall back to is kept
    When I enable the US profile
    And time passes until nothing is owed
    And I make the Global profile the one to fall back to
    And time passes until nothing is owed
    And I delete the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | profileStatus | fault                              | euiccStatusCode |
      | US     | SUCCESS | ENABLE        |                                    |                 |
      | Global | SUCCESS | DISABLE       |                                    |                 |
      | Global | Failed  |               | Profile has the fallback attribute | 8.2.3.3.8       |

  Scenario: An activation code for a line
    When I renew the activation code of the US profile
    And time passes until nothing is owed
    Then my listener hears
      | of | status  | state  |
      | US | SUCCESS | ACTIVE |
