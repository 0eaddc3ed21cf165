Feature: What my application asked for
  Every call of my application is on record, whether it was accepted or refused. So a test can ask what
  it did, and is told what comes near when it did something else.

  Background:
    Given 500 devices with an enabled US profile and a disabled Global one

  Scenario: It logged in once
    When I suspend the Global profile of one device twice in one call
    And I list my listeners
    Then my application logged in once
    And it got one token

  Scenario: Many devices in one call
    When I suspend the Global profiles of 500 devices in one call
    Then it asked for profile_suspend of 500 devices in one call
    And it was accepted and has a requestId

  Scenario: One device too few
    When I suspend the Global profiles of 499 devices in one call
    Then it did not ask for profile_suspend of 500 devices in one call
    And what is near differs in "it names 499 devices, not 500"

  Scenario: What was refused, and where it was wrong
    When I suspend the profile "123"
    Then a call for profile_suspend was refused with 400 and points to "/devices/0/deviceIds/0/id"
    And what was sent of it has "123"

  Scenario: A call that is refused before it is read
    When 61 minutes pass
    And I suspend the profile "123"
    Then a call for profile_suspend was refused with 401 and points to ""

  Scenario: Waiting for what the application does
    When I wait for a call for profile_suspend while my application makes it
    Then it comes

  Scenario: Secrets are not on record
    When I log in with a wrong password 2 times
    Then 2 calls for login were refused with 400
    And no password, secret or token is on record

  Scenario: A reset begins anew
    When I suspend the profile "123"
    And the sandbox is reset
    Then no call is on record
