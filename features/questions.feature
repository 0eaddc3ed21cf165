Feature: What a client asks besides
  Beside the actions there are calls that ask: how far a request has come, which devices there are,
  and what happened to them. Their answers come from what really happened.

  Background:
    Given a device with the profiles
      | profile | service    | status         |
      | US      | active     | ENABLE         |
      | Global  | pre_active | NOT_DOWNLOADED |
    And my listener is registered

  Scenario: How far a request has come
    When I download the Global profile
    And I ask for the status of that request
    Then the request is "Pending"
    When time passes until nothing is owed
    And I ask for the status of that request
    Then the request is "Success"
    When I download the Global profile
    And time passes until nothing is owed
    And I ask for the status of that request
    Then the request is "Failure"
