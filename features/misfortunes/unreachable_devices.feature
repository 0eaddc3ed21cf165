Feature: Devices that are off when they are needed
  The device is off when the SM-SR has to reach it. My application is warned, and goes on waiting: the
  device comes back, and the work is done.

  Background:
    Given a device with the profiles
      | profile | service | status           |
      | US      | active  | ENABLE           |
      | Global  | active  | DOWNLOAD_DISABLE |
    And the misfortune "unreachable-devices"
    And my listener is registered

  Scenario: A warning, and a minute later a success
    When I enable the Global profile
    And 59 seconds pass
    Then my listener hears
      | of     | status  | profileStatus    | euiccStatusCode |
      | Global | warning | DOWNLOAD_DISABLE | 1.6.5.1         |
    When 1 seconds pass
    Then my listener hears
      | of     | status  | profileStatus |
      | Global | SUCCESS | ENABLE        |
