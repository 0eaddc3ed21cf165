Feature: Replies that are lost
  The connection ends, and my application cannot know whether the request was accepted. It was: the callback
  has a requestId that nobody has seen before, and the device that was asked for.

  Background:
    Given a device with the profiles
      | profile | service | status  |
      | US      | active  | DISABLE |
      | Global  | active  | ENABLE  |
    And the misfortune "lost-replies"
    And my listener is registered

  Scenario: The callback comes all the same
    When I suspend the Global profile
    Then the connection ends without a reply
    When time passes until nothing is owed
    Then my listener hears
      | of     | status  | state     |
      | Global | SUCCESS | SUSPENDED |

  Scenario: Asking again is another request
    When I suspend the Global profile
    Then the connection ends without a reply
    When I make the same call again
    Then the call is accepted
    When time passes until nothing is owed
    Then my listener hears
      | of     | status  | fault                        |
      | Global | SUCCESS |                              |
      | Global | Failed  | Profile is already suspended |
