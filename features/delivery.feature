Feature: Delivering callbacks
  A callback is acknowledged by any 2xx. Otherwise it comes again, five minutes after it was sent, up
  to four times in all; callbackCount says which time it is, and nothing else changes.

  Background:
    Given a device with the profiles
      | profile | service | status  |
      | US      | active  | DISABLE |
      | Global  | active  | ENABLE  |

  Scenario: A listener that fails three times
    Given my listener is registered
    And my listener answers 500 three times and then 200
    When I suspend the Global profile
    And time passes until nothing is owed
    Then my listener hears the same callback with the counts 1, 2, 3 and 4
    And the callbacks came at 0, 5, 10 and 15 minutes
    And the callback is delivered

  Scenario: A listener that never acknowledges
    Given my listener is registered
    And my listener always answers 503
    When I suspend the Global profile
    And time passes until nothing is owed
    Then my listener hears the same callback with the counts 1, 2, 3 and 4
    And the callback is archived

  Scenario: A listener that never answers
    Given listeners have 50ms to answer
    And my listener is registered
    And my listener never answers
    When I suspend the Global profile
    And time passes until nothing is owed
    Then the callback is archived
    And every attempt ended with "timeout"

  Scenario: No listener at all
    When I suspend the Global profile
    Then the call is accepted
    When time passes until nothing is owed
    Then the callback is unheard
    And the device now has
      | profile | suspended |
      | Global  | profile   |

  Scenario: Deregistered between two attempts
    Given my listener is registered
    And my listener always answers 500
    When I suspend the Global profile
    And 4 minutes pass
    And I deregister my listener
    And time passes until nothing is owed
    Then my listener hears the same callback with the counts 1
    And the callback is unheard

  Scenario: The listener's username and password come inside the callback
    Given my listener is registered with the username "ann" and the password "secret"
    When I suspend the Global profile
    And time passes until nothing is owed
    Then the callback begins with the username "ann" and the password "secret"

  Scenario: A listener that cannot be reached fetches its callbacks
    Given my listener is a mailbox
    When I suspend the Global profile
    And time passes until nothing is owed
    Then my listener hears nothing
    And the callback waits in my mailbox
    When I take attempt 1 from my mailbox and answer 503
    And time passes until nothing is owed
    And I take attempt 2 from my mailbox and answer 200
    Then the callback is delivered
    And the callbacks came at 0 and 5 minutes
