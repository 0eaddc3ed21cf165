Feature: Callbacks with a wrong password
  Anybody can post to a listener. What it was registered with is in each callback that is ThingSpace's own,
  and another password is somebody else's.

  Background:
    Given a device with the profiles
      | profile | service | status  |
      | US      | active  | DISABLE |
      | Global  | active  | ENABLE  |
    And the misfortune "wrong-password"
    And my listener is registered with the username "tsim" and the password "secret"

  Scenario: A listener that looks at the password
    Given my listener takes no callback that it cannot read, or that has a wrong password
    When I suspend the Global profile
    And time passes until nothing is owed
    Then my listener has turned callbacks away with 401
    And my listener hears the same callback with the counts 2

  Scenario: A listener that believes anything
    When I suspend the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | password         |
      | Global | not-the-password |
