Feature: Tokens that die in the middle of the work
  A session or a bearer token that was good for the last call is not for this one. What is refused for that
  was not done: with new ones, the same call succeeds.

  Background:
    Given a device with the profiles
      | profile | service | status  |
      | US      | active  | DISABLE |
      | Global  | active  | ENABLE  |
    And the misfortune "token-flap"
    And my listener is registered

  Scenario: The session, and then the bearer
    When I suspend the Global profile
    Then the call is refused with 400 and "SessionToken.Expired"
    When I log in
    And I suspend the Global profile
    Then the call is refused with 401 and "token"
    When I get a new bearer token
    And I log in
    And I suspend the Global profile
    Then the call is accepted
    When time passes until nothing is owed
    Then my listener hears
      | of     | status  | state     |
      | Global | SUCCESS | SUSPENDED |
