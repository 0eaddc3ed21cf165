Feature: Callbacks that are cut short
  A 200 says that a callback has arrived, and then nobody sends it again. My listener reads it first, and
  has it from the next attempt if it is not whole.

  Background:
    Given a device with the profiles
      | profile | service | status  |
      | US      | active  | DISABLE |
      | Global  | active  | ENABLE  |
    And the misfortune "garbled-callbacks"
    And my listener is registered

  Scenario: A listener that reads first
    Given my listener takes no callback that it cannot read, or that has a wrong password
    When I suspend the Global profile
    And time passes until nothing is owed
    Then my listener has turned callbacks away with 400
    And my listener hears the same callback with the counts 2
    And the callbacks came at 0 and 5 minutes

  Scenario: A listener that says 200 to anything
    When I suspend the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | status  |
      | no JSON |
    And the callback is delivered

  Scenario: A connection that ends in the middle
    Given my listener takes no callback that it cannot read, or that has a wrong password
    When I suspend the Global profile
    And time passes until nothing is owed
    And I resume the Global profile
    And time passes until nothing is owed
    Then my listener has turned callbacks away with 400
    And my listener hears
      | of     | status  | state     |
      | Global | SUCCESS | SUSPENDED |
      | Global | SUCCESS | ACTIVE    |
