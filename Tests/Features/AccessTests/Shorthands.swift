import StewardAccess
import StewardSettings
import Testing

/// The address, which must be one.
func address(_ text: String) -> IPAddress { IPAddress(text)! }

/// A list of blocks, which must be valid.
func list(_ blocks: String...) -> AddressList {
    AddressList(blocks.map { try! AddressBlock(parsing: $0) })
}

/// A prefix, which must be valid.
func prefix(_ text: String) -> ZonePrefix { try! ZonePrefix(parsing: text) }
