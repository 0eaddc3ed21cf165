Feature: A listener that is down for an hour
  A callback is sent four times, five minutes apart. Then it is archived: an application that was down
  for longer has to ask what became of its requests, or to have the callbacks sent again. In the built-in
  scenario "listener-down-for-an-hour", a listener is registered where nobody listens. My own listener
  replaces it here; when that goes down, it cuts every connection off.

  Background:
    Given the built-in scenario "listener-down-for-an-hour"

  Scenario: It waits for tsim listen
    When I list my listeners
    Then the registered listener is "http://127.0.0.1:9001/callbacks"

  Scenario: Everything of the first minutes is missed, and can be asked for
    Given my listener is registered
    When my listener goes down
    And I suspend the Global profile
    And 60 minutes pass
    And my listener is up again
    And time passes until nothing is owed
    Then my listener hears nothing
    And the callback is archived
    And the callbacks came at 0, 5, 10 and 15 minutes
    When I ask for the status of that request
    Then the request is "Success"
    When I ask for the history of the profile "89445000000000000019"
    Then the reply has
      | /#                                 | 1       |
      | /0/provisioningHistory/#           | 1       |
      | /0/provisioningHistory/0/eventType | Suspend |
      | /0/provisioningHistory/0/eventBy   | demo    |

  Scenario: What was missed is sent again
    Given my listener is registered
    When my listener goes down
    And I suspend the Global profile
    And 60 minutes pass
    And my listener is up again
    And the archived callbacks are sent again
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | state     |
      | Global | SUCCESS | SUSPENDED |
    And the callback is delivered

  Scenario: What came near the end of the hour is late, and is not lost
    Given my listener is registered
    When my listener goes down
    And 50 minutes pass
    And I suspend the Global profile
    And 10 minutes pass
    And my listener is up again
    And time passes until nothing is owed
    Then my listener hears the same callback with the counts 4
    And the callbacks came at 0, 5, 10 and 15 minutes
    And the callback is delivered
