Feature: Callbacks that come twice
  A callback whose acknowledgement was lost comes again, and says the same. So what my application does
  about one, it does once for a requestId and a device.

  Background:
    Given a device with the profiles
      | profile | service | status  |
      | US      | active  | DISABLE |
      | Global  | active  | ENABLE  |
    And the misfortune "duplicates"
    And my listener is registered

  Scenario: Each callback comes twice
    When I suspend the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status  | state     |
      | Global | SUCCESS | SUSPENDED |
      | Global | SUCCESS | SUSPENDED |
    And the device now has
      | profile | suspended |
      | Global  | profile   |
