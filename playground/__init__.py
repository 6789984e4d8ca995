"""A local Slack workspace that speaks Slack's own protocol, for trying and testing any app with a manifest."""
