/// The rollover of one deployment.
actor DeploymentRollover {}
