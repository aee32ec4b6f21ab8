/// Steward's version.
package let stewardVersion = "0.1.0"
