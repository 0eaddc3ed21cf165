Feature: Downloading a Global profile
  A Global profile is downloaded over the air while the US profile is active and connected. It is
  not enabled by that.

  Background:
    Given a device with the profiles
      | profile | service | status         |
      | US      | active  | ENABLE         |
      | Global  | active  | NOT_DOWNLOADED |
    And my listener is registered

  Scenario: The profile is on the card, and the US one still in use
    When I download the Global profile with the plan "Global Plan"
    Then the call is accepted
    When time passes until nothing is owed
    Then my listener hears
      | of     | status  | state  | profileStatus    | profileRole |
      | Global | SUCCESS | ACTIVE | DOWNLOAD_DISABLE | LOCAL       |
    And the device now has
      | profile | service | status           |
      | US      | active  | ENABLE           |
      | Global  | active  | DOWNLOAD_DISABLE |

  Scenario: It is there already
    When I download the Global profile
    And time passes until nothing is owed
    And I download the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | profileStatus    | fault                         |
      | Global | SUCCESS | DOWNLOAD_DISABLE |                               |
      | Global | Failed  |                  | Profile is already downloaded |

  Scenario: The US profile cannot be downloaded
    When I download the US profile
    And time passes until nothing is owed
    Then my listener hears
      | of | status | fault                                          |
      | US | Failed | Operation is supported for Global profile only |

  Scenario: Downloaded and enabled at once
    When I download_enable the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | state  | profileStatus   | profileRole |
      | Global | SUCCESS | ACTIVE | DOWNLOAD_ENABLE | LOCAL       |
    And the device now has
      | profile | status          |
      | US      | DISABLE         |
      | Global  | DOWNLOAD_ENABLE |

  Scenario: Downloaded and left disabled
    When I download_disable the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | profileStatus    |
      | Global | SUCCESS | DOWNLOAD_DISABLE |
