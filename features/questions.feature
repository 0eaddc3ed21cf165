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

  Scenario: Which devices there are
    When I ask for all devices whose profiles are "ENABLE"
    And time passes until nothing is owed
    Then my listener hears
      | /deviceResponse/devices/# | /deviceResponse/devices/0/provisioningStatus |
      | 1                         | ACTIVE                                       |

  Scenario: A new device, from adding it to its history
    When I add a device with the US profile "89148000000000000027"
    Then the call is accepted
    When I activate the profile "89148000000000000027"
    And time passes until nothing is owed
    And I ask for the history of the profile "89148000000000000027"
    Then the reply has
      | /#                                 | 1        |
      | /0/provisioningHistory/#           | 1        |
      | /0/provisioningHistory/0/eventType | Activate |
      | /0/provisioningHistory/0/eventBy   | user     |
