Feature: Devices that choose what goes wrong
  An application that can only use the API gets any outcome by asking for the right device, as with the card
  numbers of a payment sandbox. In the built-in scenario "default", the last four digits of the EID, the IMEI
  and the ICCIDs say what happens. Each time, but where it says "once" or "twice".

  Background:
    Given the built-in scenario "default"
    And my listener is registered

  Scenario Outline: <ending> fails
    Given my device has identifiers that end in "<ending>"
    When I <ask> the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status | fault   | euiccStatus   |
      | Global | Failed | <fault> | <euiccStatus> |
    When I <ask> the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status | fault   | euiccStatus   |
      | Global | Failed | <fault> | <euiccStatus> |

    Examples:
      | ending | ask      | fault                                | euiccStatus |
      | 9011   | resume   | Profile is already resumed           |             |
      | 9012   | suspend  | Profile is already suspended         |             |
      | 9015   | enable   | Profile did not provide connectivity | FAILED      |
      | 9016   | download | Insufficient memory                  | FAILED      |

  Scenario: 9013 is off, and back after a minute
    Given my device has identifiers that end in "9013"
    When I enable the Global profile
    And 1 minutes pass
    Then my listener hears
      | of     | status  | profileStatus |
      | Global | warning | DISABLE       |
    When time passes until nothing is owed
    Then my listener hears
      | of     | status  | profileStatus |
      | Global | SUCCESS | ENABLE        |

  Scenario: 9014 is off for ever
    Given my device has identifiers that end in "9014"
    When I enable the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | fault           | euiccStatus          |
      | Global | warning |                 | EXECUTED_WITHWARNING |
      | Global | Failed  | Request expired | EXPIRED              |
    When I enable the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | fault           | euiccStatus          |
      | Global | warning |                 | EXECUTED_WITHWARNING |
      | Global | Failed  | Request expired | EXPIRED              |

  Scenario: 9017 is told of twice
    Given my device has identifiers that end in "9017"
    When I suspend the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | state     |
      | Global | SUCCESS | SUSPENDED |
      | Global | SUCCESS | SUSPENDED |

  Scenario: 9018 is told of out of order
    Given my device has identifiers that end in "9018"
    When I suspend the device
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | state     |
      | Global | SUCCESS | SUSPENDED |
      | US     | SUCCESS | SUSPENDED |
      | device | SUCCESS | SUSPENDED |

  Scenario: 9019 fails once, and then works
    Given my device has identifiers that end in "9019"
    When I suspend the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status | fault                      |
      | Global | Failed | Profile update in progress |
    When I suspend the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | state     |
      | Global | SUCCESS | SUSPENDED |

  Scenario: 9020 loses the reply
    Given my device has identifiers that end in "9020"
    When I suspend the Global profile
    Then the connection ends without a reply
    When time passes until nothing is owed
    Then my listener hears
      | of     | status  | state     |
      | Global | SUCCESS | SUSPENDED |
    When I resume the Global profile
    Then the connection ends without a reply

  Scenario: 9021 is throttled twice
    Given my device has identifiers that end in "9021"
    When I suspend the Global profile
    Then the call is refused with 429 and "Message throttled out"
    And the reply has the header "Retry-After" "1"
    When I make the same call again
    Then the call is refused with 429 and "Message throttled out"
    When I make the same call again
    Then the call is accepted
