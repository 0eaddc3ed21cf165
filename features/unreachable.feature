Feature: Devices that cannot be reached
  What the SM-SR does on the card needs a device that is switched on and has a network. If it cannot be
  reached, the listener is warned, and hears later how it ended. Meanwhile nothing else is done on the
  card.

  Background:
    Given a device with the profiles
      | profile | service | status           |
      | US      | active  | ENABLE           |
      | Global  | active  | DOWNLOAD_DISABLE |
    And my listener is registered
    And the device is switched off

  Scenario: It stays off
    When I enable the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | profileStatus    | fault           | euiccStatus          | euiccStatusCode |
      | Global | warning | DOWNLOAD_DISABLE |                 | EXECUTED_WITHWARNING | 1.6.5.1         |
      | Global | Failed  |                  | Request expired | EXPIRED              | 1.6.5.3         |
    And the device now has
      | profile | status           |
      | US      | ENABLE           |
      | Global  | DOWNLOAD_DISABLE |

  Scenario: It comes back after the warning
    When I enable the Global profile
    And 10 minutes pass
    And the device is switched on
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | profileStatus    |
      | Global | warning | DOWNLOAD_DISABLE |
      | Global | SUCCESS | ENABLE           |

  Scenario: It comes back before anybody was warned
    When I enable the Global profile
    And 1 minutes pass
    And the device is switched on
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | profileStatus |
      | Global | SUCCESS | ENABLE        |

  Scenario: One thing at a time
    When I enable the Global profile
    And 1 minutes pass
    And I make the US profile the one to fall back to
    And 1 minutes pass
    And the device is switched on
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | profileStatus | fault                      | euiccStatusCode |
      | US     | Failed  |               | Profile update in progress | 1.2.4.4         |
      | Global | SUCCESS | ENABLE        |                            |                 |

  Scenario: A suspension needs no device
    When I suspend the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | state     |
      | Global | SUCCESS | SUSPENDED |
