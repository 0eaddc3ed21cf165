Feature: The SM-SR gives a device up
  A warning is not the end, and "Request expired" is: nothing was done, and asking again may succeed.

  Background:
    Given a device with the profiles
      | profile | service | status           |
      | US      | active  | ENABLE           |
      | Global  | active  | DOWNLOAD_DISABLE |
    And the misfortune "sm-sr-timeouts"
    And my listener is registered

  Scenario: A warning, a failure, and another try
    When I enable the Global profile
    And 14 minutes pass
    Then my listener hears
      | of     | status  | profileStatus    | euiccStatus          |
      | Global | warning | DOWNLOAD_DISABLE | EXECUTED_WITHWARNING |
    When 1 minutes pass
    Then my listener hears
      | of     | status | fault           | euiccStatus |
      | Global | Failed | Request expired | EXPIRED     |
    When I enable the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | profileStatus |
      | Global | SUCCESS | ENABLE        |
