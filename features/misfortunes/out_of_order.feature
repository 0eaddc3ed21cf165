Feature: Callbacks in another order
  Callbacks of one account overtake each other. The last one that comes is not the last thing that
  happened, so my application goes by requestId and device, and asks when it has to know.

  Background:
    Given a device with the profiles
      | profile | service | status  |
      | US      | active  | DISABLE |
      | Global  | active  | ENABLE  |
    And the misfortune "out-of-order"
    And my listener is registered

  Scenario: The later request is told of first
    When I suspend the Global profile
    And I resume the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | state     |
      | Global | SUCCESS | ACTIVE    |
      | Global | SUCCESS | SUSPENDED |
    And the device now has
      | profile | suspended |
      | Global  | none      |

  Scenario: Nothing else comes
    When I suspend the Global profile
    And 9 seconds pass
    Then my listener hears nothing
    When 1 seconds pass
    Then my listener hears
      | of     | status  | state     |
      | Global | SUCCESS | SUSPENDED |
