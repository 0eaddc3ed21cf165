Feature: Rules of one's own
  A rule says when something goes wrong, and what. It interferes with the reply to a call, with what becomes
  of a device, or with a callback. It also answers for what is not simulated.

  Background:
    Given a device with the profiles
      | profile | service | status  |
      | US      | active  | DISABLE |
      | Global  | active  | ENABLE  |
    And my listener is registered

  Scenario: Fails twice, and then works
    Given the rule
      """
      name: fails-twice
      when: {operation: profile_suspend, eid: "*1224", first: 2, per: card}
      outcome: {fault: Profile update in progress}
      """
    When I suspend the Global profile
    And I suspend the Global profile
    And I suspend the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | fault                      |
      | Global | Failed  | Profile update in progress |
      | Global | Failed  | Profile update in progress |
      | Global | SUCCESS |                            |

  Scenario: An operation that is reported as failed, though it was done
    Given the rule
      """
      name: reported-as-failed
      outcome: {fault: {code: PROFILE.Odd, message: Something odd has happened}, applied: true}
      """
    When I suspend the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status | fault                       |
      | Global | Failed | Something odd has happened  |
    And the device now has
      | profile | suspended |
      | Global  | profile   |

  Scenario: A call that is not simulated
    Given the rule
      """
      name: no-usage
      when: {method: POST, path: /api/m2m/v1/devices/usage/actions/list}
      reply: {status: 200, body: {account: "${account}", usageHistory: []}}
      """
    When I POST to "/api/m2m/v1/devices/usage/actions/list" of ThingSpace
      """
      {"accountName": "{sandbox.account}"}
      """
    Then the reply is 200
    And the reply is the JSON
      """
      {"account": "0000123456-00001", "usageHistory": []}
      """
