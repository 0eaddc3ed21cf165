Feature: Calls that are refused at once
  What is wrong with the call itself is told at once, and nothing happens. What is wrong with one
  device is told later, by callback.

  Background:
    Given a device with the profiles
      | profile | service | status  |
      | US      | active  | DISABLE |
      | Global  | active  | ENABLE  |
    And my listener is registered
    And I am logged in

  Scenario: A bearer token lives for an hour
    When 60 minutes pass
    And I suspend the Global profile
    Then the call is refused with 401 and "900901: Invalid Credentials"

  Scenario: A session dies after 20 idle minutes
    When 19 minutes pass
    And I list my listeners
    Then the call is accepted
    When 20 minutes pass
    And I suspend the Global profile
    Then the call is refused with 400 and "REQUEST_FAILED.SessionToken.Expired"

  Scenario: Five wrong passwords in a row lock the user
    When I log in with a wrong password 5 times
    And I log in
    Then the call is refused with 400 and "is locked after 5 wrong passwords in a row"

  Scenario: An account that is not there
    When I suspend the Global profile for the account "0000123456-00009"
    Then the call is refused with 400 and "REQUEST_FAILED.AccountNotFound"

  Scenario: An identifier that cannot be
    When I suspend the profile "123"
    Then the call is refused with 400 and "/devices/0/deviceIds/0/id: found \"123\", expected an ICCID of 19 or 20 digits"
    When time passes until nothing is owed
    Then my listener hears nothing
