Feature: From the factory to an enabled Global profile
  A device leaves the factory with a US profile that was never in service, and without its Global one.
  Three calls put the Global profile into use, each made when the callback of the one before has come.
  The built-in scenario "first-device" is such a device.

  Background:
    Given the built-in scenario "first-device"
    And my listener is registered

  Scenario: Activate, download, enable
    When I activate the US profile with the plan "US Plan"
    Then the call is accepted
    When 4 seconds pass
    Then my listener hears nothing
    When 1 second passes
    Then my listener hears
      | of | status  | state  | profileStatus | profileRole |
      | US | SUCCESS | Active | ENABLE        | LEAD        |
    When I download the Global profile with the plan "Global Plan"
    And 20 seconds pass
    Then my listener hears
      | of     | status  | state  | profileStatus    | profileRole |
      | Global | SUCCESS | ACTIVE | DOWNLOAD_DISABLE | LOCAL       |
    And the device now has
      | profile | service | status           |
      | US      | active  | ENABLE           |
      | Global  | active  | DOWNLOAD_DISABLE |
    When I enable the Global profile with the plan "Global Plan"
    And 10 seconds pass
    Then my listener hears
      | of     | status  | state  | profileStatus | profileRole |
      | Global | SUCCESS | ACTIVE | ENABLE        | LOCAL       |
    And the device now has
      | profile | service | status  |
      | US      | active  | DISABLE |
      | Global  | active  | ENABLE  |
    And the US profile has a number and the plan "US Plan"
    And the Global profile has a number and the plan "Global Plan"

  Scenario: Nothing can be downloaded before the US profile is in use
    When I download the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status | fault                                |
      | Global | Failed | Verizon US profile is not connected |
    And the device now has
      | profile | service    | status         |
      | Global  | pre_active | NOT_DOWNLOADED |

  Scenario: A download that follows the activation too early is carried out after it
    When I activate the US profile
    And I download the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | profileStatus    |
      | US     | SUCCESS | ENABLE           |
      | Global | SUCCESS | DOWNLOAD_DISABLE |

  Scenario: Enabling does not wait for the download
    When I activate the US profile
    And 5 seconds pass
    And I download the Global profile
    And I enable the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | profileStatus    | fault                      |
      | US     | SUCCESS | ENABLE           |                            |
      | Global | SUCCESS | DOWNLOAD_DISABLE |                            |
      | Global | Failed  |                  | Profile update in progress |
