Feature: Many devices in one call
  A call may name up to 10,000 devices. Each of them is answered by a callback of its own, and what is
  wrong with one disturbs no other.

  Background:
    Given 10000 devices with the profiles
      | profile | service | status  |
      | US      | active  | ENABLE  |
      | Global  | active  | DISABLE |
    And my listener is registered

  Scenario: Ten thousand at once
    When I suspend the Global profiles of 10000 devices in one call
    Then the call is accepted
    When time passes until nothing is owed
    Then each of these devices was told of once, with "SUCCESS"

  Scenario: One more than ThingSpace takes
    When I suspend these in one call
      | devices | profile |
      | 10000   | Global  |
      | 1       | unknown |
    Then the call is refused with 400 and "More than 10000 devices in a request"
    When time passes until nothing is owed
    Then my listener hears nothing

  Scenario: Good, bad and unknown ones
    When I suspend these in one call
      | devices | profile |
      | 50      | Global  |
      | 30      | US      |
      | 20      | unknown |
    And time passes until nothing is owed
    Then my listener hears 50 times "SUCCESS"
    And my listener hears 30 times "Operation is supported for Global profile only"
    And my listener hears 20 times "Device not found"

  Scenario: The story of a bulk begins with what came of it
    Given my listener answers 503 three times and then 200
    When I suspend these in one call
      | devices | profile |
      | 50      | Global  |
      | 30      | US      |
      | 20      | unknown |
    And 1 minutes pass
    Then the story of the request begins with
      """
      100 callback(s): 50 SUCCESS, 50 Failed; 3 retrying, 97 delivered
        30 Failed: Operation is supported for Global profile only
        20 Failed: Device not found
      """

  Scenario: The same device twice in one call
    When I suspend these in one call
      | devices  | profile |
      | device-1 | Global  |
      | device-1 | Global  |
    And time passes until nothing is owed
    Then my listener hears 1 times "SUCCESS"
    And my listener hears 1 times "Profile is already suspended"
