import Foundation

/// Certificates that swift-certificates can't make here.
enum OpenSSLBundle {
    /// A self-signed certificate with an RSA key, key and certificate in one file; its path.
    static func rsa(in folder: DeployScratch) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = [
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "\(folder.path)/rsa.key", "-out",
            "\(folder.path)/rsa.crt", "-subj", "/CN=mx1.example", "-days", "30",
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard let key = folder.text("rsa.key"), let certificate = folder.text("rsa.crt") else {
            throw CocoaError(.fileReadNoSuchFile)
        }
        try folder.write("rsa.pem", key + certificate)
        return "\(folder.path)/rsa.pem"
    }
}
