Feature: Limits, where a scenario sets them
  ThingSpace does not take any number of calls, and a line cannot be changed any number of times. Too
  many calls are refused at once. What is too much for a line is told by callback.

  Background:
    Given a device with the profiles
      | profile | service    | status         |
      | US      | active     | ENABLE         |
      | Global  | pre_active | NOT_DOWNLOADED |

  Scenario: Too many calls in a second
    Given ThingSpace takes 3 calls a second
    When I list my listeners
    And I list my listeners
    And I list my listeners
    Then the call is accepted
    When I list my listeners
    Then the call is refused with 429 and "900800: Message throttled out"
    When 1 minutes pass
    And I list my listeners
    Then the call is accepted

  Scenario: Too many activations in a minute
    Given ThingSpace takes 1 activations a minute
    And my listener is registered
    When I activate the Global profile
    Then the call is accepted
    When I activate the Global profile
    Then the call is refused with 429 and "900800: Message throttled out"
    When 1 minutes pass
    And I activate the Global profile
    Then the call is accepted
    And my listener hears
      | of     | status  | state  |
      | Global | SUCCESS | Active |

  Scenario: A line that was provisioned too often today
    Given a line may be provisioned 2 times a day
    And my listener is registered
    When I activate the Global profile
    And I suspend the Global profile
    And I resume the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | state     | fault                                             |
      | Global | SUCCESS | Active    |                                                   |
      | Global | SUCCESS | SUSPENDED |                                                   |
      | Global | Failed  |           | Too many provisioning actions for this line today |

  Scenario: Too many plans in a month
    Given a line may change its plan 1 times a month
    And my listener is registered
    When I change the plan of the US profile to "US Plan"
    And I change the plan of the US profile to "US Plan"
    And time passes until nothing is owed
    Then my listener hears
      | of | status  | state  | fault                                                  |
      | US | SUCCESS | ACTIVE |                                                        |
      | US | Failed  |        | Too many service plan changes for this line this month |
