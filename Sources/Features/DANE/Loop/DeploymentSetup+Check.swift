extension DeploymentSetup {
    /// The deployments of `settings`, checked.
    static func all(_ settings: DANESettings) throws(DANESetupError) -> [DeploymentSetup] { [] }
}
