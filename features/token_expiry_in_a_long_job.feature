Feature: Tokens that die in the middle of a job
  A session dies when it is idle for too long, a bearer token when it is too old, and a job that waits for
  callbacks is idle. What comes too late is refused and does nothing; the callbacks come all the same. In
  the built-in scenario "token-expiry-in-a-long-job", a session lives for 20 seconds, a bearer for a
  minute, and operations take 45 seconds.

  Background:
    Given the built-in scenario "token-expiry-in-a-long-job"
    And my listener is registered
    And I am logged in

  Scenario: The session first, then the bearer
    When I download the Global profile
    And 45 seconds pass
    Then my listener hears
      | of     | status  | profileStatus    |
      | Global | SUCCESS | DOWNLOAD_DISABLE |
    When I enable the Global profile
    Then the call is refused with 400 and the code "UnifiedWebService.REQUEST_FAILED.SessionToken.Expired"
    When I log in
    And I enable the Global profile
    Then the call is accepted
    When 45 seconds pass
    Then my listener hears
      | of     | status  | profileStatus |
      | Global | SUCCESS | ENABLE        |
    When I suspend the Global profile
    Then the call is refused with 401 and the code "900901"
    When I get a new bearer token
    And I suspend the Global profile
    Then the call is refused with 400 and the code "UnifiedWebService.REQUEST_FAILED.SessionToken.Expired"
    When I log in
    And I suspend the Global profile
    Then the call is accepted
    When time passes until nothing is owed
    Then my listener hears
      | of     | status  | state     | profileStatus |
      | Global | SUCCESS | SUSPENDED | ENABLE        |

  Scenario: No session without a bearer
    When 60 seconds pass
    And I log in
    Then the call is refused with 401 and the code "900901"
    When I get a new bearer token
    And I log in
    And I download the Global profile
    Then the call is accepted
