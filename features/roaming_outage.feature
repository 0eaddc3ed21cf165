Feature: A network that is gone for half an hour
  Abroad, the partner's network is lost from minute 10 to minute 40. What needs the device waits for it,
  warns, and then succeeds or expires; a card with a fallback profile helps itself. The built-in scenario
  "roaming-outage" has a device with a fallback profile and one without.

  Background:
    Given the built-in scenario "roaming-outage"
    And my listener is registered
    And I am logged in

  Scenario: The card falls back, and nobody is told
    When 10 minutes pass
    Then the device now has
      | profile | status  |
      | US      | ENABLE  |
      | Global  | DISABLE |
    When 30 minutes pass
    Then my listener hears nothing
    When I log in
    And I enable the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | profileStatus |
      | Global | SUCCESS | ENABLE        |

  Scenario: The outage is longer than the SM-SR tries
    Given my device has the EID "89001012012341234012345678901321"
    When 12 minutes pass
    And I enable the US profile
    And 3 minutes pass
    Then my listener hears nothing
    When 1 minute passes
    Then my listener hears
      | of | status  | profileStatus | euiccStatus          |
      | US | warning | DISABLE       | EXECUTED_WITHWARNING |
    When I ask for the status of that request
    Then the request is "Pending"
    When 11 minutes pass
    Then my listener hears
      | of | status | fault           | euiccStatus |
      | US | Failed | Request expired | EXPIRED     |
    When I ask for the status of that request
    Then the request is "Failure"
    And the device now has
      | profile | status  |
      | US      | DISABLE |
      | Global  | ENABLE  |

  Scenario: The network comes back in time
    Given my device has the EID "89001012012341234012345678901321"
    When 30 minutes pass
    And I log in
    And I enable the US profile
    And 9 minutes pass
    Then my listener hears
      | of | status  | profileStatus |
      | US | warning | DISABLE       |
    When 1 minute passes
    Then my listener hears
      | of | status  | profileStatus |
      | US | SUCCESS | ENABLE        |

  Scenario: What does not need the device is done in the middle of the outage
    Given my device has the EID "89001012012341234012345678901321"
    When 15 minutes pass
    And I suspend the Global profile
    And 1 minute passes
    Then my listener hears
      | of     | status  | state     |
      | Global | SUCCESS | SUSPENDED |
