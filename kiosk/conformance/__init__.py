"""Does this build keep the protocol? Plays the other side against any kiosk or any office, whoever wrote it.

Sees what can be seen over MQTT and nothing else; what cannot is said to be so, with the reason. Refuses to touch
anything but test identities and packages of simulated devices.
"""
