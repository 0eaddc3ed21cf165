Feature: A gateway that answers in its own words
  What stands between my application and ThingSpace knows neither. Its pages are HTML, it gives up on its
  own, and it ends connections. Nothing was done then, so the same call can be made again.

  Background:
    Given a device with the profiles
      | profile | service | status  |
      | US      | active  | DISABLE |
      | Global  | active  | ENABLE  |
    And the misfortune "flaky-gateway"
    And my listener is registered

  Scenario: The third call goes through
    When I suspend the Global profile
    Then the reply is 502 and a page in HTML
    When I make the same call again
    Then the reply is 504 and a page in HTML
    When I make the same call again
    Then the call is accepted
    When time passes until nothing is owed
    Then my listener hears
      | of     | status  | state     |
      | Global | SUCCESS | SUSPENDED |
    When I resume the Global profile
    Then the connection ends without a reply
    When I make the same call again
    Then the call is accepted

  Scenario: Questions meet it too
    When I ask for all devices whose profiles are "ENABLE"
    Then the reply is 503 and a page in HTML
    When I make the same call again
    Then the call is accepted
