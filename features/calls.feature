Feature: What my application asked for
  Every call of my application is on record, whether it was accepted or refused. So a test can ask what
  it did, and is told what comes near when it did something else.

  Background:
    Given 500 devices with the profiles
      | profile | service | status  |
      | US      | active  | ENABLE  |
      | Global  | active  | DISABLE |

  Scenario: It logged in once
    When I suspend these in one call
      | devices  | profile |
      | device-1 | Global  |
      | device-1 | Global  |
    And I list my listeners
    Then I logged in once
    And I got 1 token

  Scenario: Many devices in one call
    When I suspend the Global profiles of 500 devices in one call
    Then I asked for profile_suspend of 500 devices in one call
    And that call was accepted and has a requestId

  Scenario: One device too few
    When I suspend the Global profiles of 499 devices in one call
    Then I did not ask for profile_suspend of 500 devices in one call
    And what is near a call for profile_suspend of 500 devices differs in "it names 499 devices, not 500"

  Scenario: What was refused, and where it was wrong
    When I suspend the profile "123"
    Then a call for profile_suspend was refused with 400 and points to "/devices/0/deviceIds/0/id"
    And what was sent of it has "123"

  Scenario: A call that is refused before it is read
    Given I am logged in
    When 61 minutes pass
    And I suspend the profile "123"
    Then a call for profile_suspend was refused with 401 and points to ""

  Scenario: Waiting for what the application does
    When my application is about to ask for profile_suspend
    Then within 5 seconds, my application asked for profile_suspend once

  Scenario: Secrets are not on record
    When I log in with a wrong password 2 times
    Then 2 calls for login were refused with 400
    And no password, secret or token is on record

  Scenario: A reset begins anew
    When I suspend the profile "123"
    And the sandbox is reset
    Then no call is on record
