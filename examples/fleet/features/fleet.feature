# The reason stands behind the name. Cards are not reached when a profile is suspended: that is done in the network.
@not-under:unreachable-devices:nothing-here-has-to-reach-a-device
Feature: A fleet that is suspended and resumed
  What the service promises to those who use it, whatever becomes of calls and callbacks meanwhile. So each scenario looks
  at what the service says in the end, and at the devices, and waits for that as long as misfortunes may take.

  Scenario: One van is suspended, and no other
    Given 3 devices "van" with the profiles
      | profile | service | status  |
      | US      | active  | DISABLE |
      | Global  | active  | ENABLE  |
    And time runs by itself
    When I POST to "/fleet/suspend" of my application
      """
      {"iccids": ["{van-2.Global.iccid}"]}
      """
    Then the reply is 202
    When I keep "/id" of the reply as "job"
    Then within 20 seconds, GET "/fleet/jobs/<job>" of my application answers 200
      | /state   | finished |
      | /devices | 1        |
      | /done    | 1        |
      | /failed  | 0        |
    And the device "van-2" now has
      | profile | suspended |
      | Global  | profile   |
    And the devices now have
      | devices | profile | suspended |
      | 1       | Global  | profile   |
      | 2       | Global  | none      |

  @bulk
  Scenario: The whole fleet is suspended
    Given 500 devices "van" with the profiles
      | profile | service | status  |
      | US      | active  | DISABLE |
      | Global  | active  | ENABLE  |
    And time runs by itself
    When I POST to "/fleet/suspend" of my application
      """
      {"all": true}
      """
    And I keep "/id" of the reply as "job"
    Then within 20 seconds, GET "/fleet/jobs/<job>" of my application answers 200
      | /state   | finished |
      | /devices | 500      |
      | /done    | 500      |
      | /failed  | 0        |
    And the devices now have
      | devices | profile | suspended |
      | 500     | Global  | profile   |

  @only-undisturbed:calls-are-counted
  Scenario: 500 vans are one call
    Given 500 devices "van" with the profiles
      | profile | service | status  |
      | Global  | active  | ENABLE  |
    And time runs by itself
    When I POST to "/fleet/suspend" of my application
      """
      {"all": true}
      """
    And I keep "/id" of the reply as "job"
    Then within 20 seconds, GET "/fleet/jobs/<job>" of my application answers 200
      | /state | finished |
    And my application asked for profile_suspend of 500 devices in one call

  @only-undisturbed:calls-are-counted
  Scenario: More vans than ThingSpace takes in one call are two calls
    Given 10001 devices "van" with the profiles
      | profile | service | status  |
      | Global  | active  | ENABLE  |
    And time runs by itself
    When I POST to "/fleet/suspend" of my application
      """
      {"all": true}
      """
    And I keep "/id" of the reply as "job"
    Then within 20 seconds, GET "/fleet/jobs/<job>" of my application answers 200
      | /state | finished |
      | /done  | 10001    |
    And my application asked for profile_suspend of 10000 devices in one call
    And my application asked for profile_suspend of 1 devices in one call

  # What never comes cannot say why: the status of a request knows that a device has failed, and no more.
  @not-under:lost-callbacks:the-reason-is-in-the-callback-alone
  Scenario: One van is suspended already: it fails alone, and it is said why
    Given 3 devices "van" with the profiles
      | profile | service | status  |
      | Global  | active  | ENABLE  |
    And the Global profile of "van-1" is suspended on its own
    And time runs by itself
    When I POST to "/fleet/suspend" of my application
      """
      {"iccids": ["{van-1.Global.iccid}", "{van-2.Global.iccid}", "{van-3.Global.iccid}"]}
      """
    And I keep "/id" of the reply as "job"
    Then within 20 seconds, GET "/fleet/jobs/<job>" of my application answers 200
      | /state                         | finished                     |
      | /done                          | 2                            |
      | /failed                        | 1                            |
      | /failures/{van-1.Global.iccid} | Profile is already suspended |
    And the devices now have
      | devices | profile | suspended |
      | 3       | Global  | profile   |

  Scenario: One van comes back, and the others stay suspended
    Given 3 devices "van" with the profiles
      | profile | service | status  |
      | US      | active  | DISABLE |
      | Global  | active  | ENABLE  |
    And time runs by itself
    When I POST to "/fleet/suspend" of my application
      """
      {"all": true}
      """
    And I POST to "/fleet/resume" of my application
      """
      {"iccids": ["{van-3.Global.iccid}"]}
      """
    And I keep "/id" of the reply as "job"
    Then within 20 seconds, GET "/fleet/jobs/<job>" of my application answers 200
      | /state  | finished |
      | /done   | 1        |
      | /failed | 0        |
    And the device "van-3" now has
      | profile | suspended |
      | Global  | none      |
    And the devices now have
      | devices | profile | suspended |
      | 2       | Global  | profile   |

  Scenario: The tokens are over in the middle of the work
    Given 3 devices "van" with the profiles
      | profile | service | status  |
      | Global  | active  | ENABLE  |
    And time runs by itself
    When I POST to "/fleet/suspend" of my application
      """
      {"all": true}
      """
    And I keep "/id" of the reply as "suspended"
    Then within 20 seconds, GET "/fleet/jobs/<suspended>" of my application answers 200
      | /done | 3 |
    When 61 minutes pass
    And I POST to "/fleet/resume" of my application
      """
      {"all": true}
      """
    And I keep "/id" of the reply as "resumed"
    Then within 20 seconds, GET "/fleet/jobs/<resumed>" of my application answers 200
      | /state  | finished |
      | /done   | 3        |
      | /failed | 0        |
    And the devices now have
      | devices | profile | suspended |
      | 3       | Global  | none      |

  @not-under:lost-callbacks:it-is-in-force-here-already
  @not-under:garbled-callbacks:no-callback-is-sent @not-under:wrong-password:no-callback-is-sent
  Scenario: The callbacks never come
    Given 3 devices "van" with the profiles
      | profile | service | status  |
      | Global  | active  | ENABLE  |
    And the misfortune "lost-callbacks"
    And time runs by itself
    When I POST to "/fleet/suspend" of my application
      """
      {"all": true}
      """
    And I keep "/id" of the reply as "job"
    Then within 20 seconds, GET "/fleet/jobs/<job>" of my application answers 200
      | /state  | finished |
      | /done   | 3        |
      | /failed | 0        |

  @only-undisturbed:no-call-is-made
  Scenario: What nobody can mean is refused
    When I POST to "/fleet/suspend" of my application
      """
      {}
      """
    Then the reply is a 400 with "for the whole fleet" in it
    When I GET "/fleet/jobs/999" of my application
    Then the reply is 404
    And within 20 seconds, GET "/healthz" of my application answers 200
      | /registered | true |
