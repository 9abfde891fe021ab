// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names and addresses as the kernel's maintainer script writes them, and .mailmap.
#pragma once

#include "llvm/ADT/StringRef.h"
#include <map>
#include <string>
#include <vector>

namespace krcu::series {

/// `name` is empty or as it stands in a header: quoted if it holds anything but letters, digits, blanks, '_' and '-'.
struct Address {
  std::string name;
  std::string mail;

  std::string text() const { return name.empty() ? mail : name + " <" + mail + ">"; }
  friend bool operator==(const Address &, const Address &) = default;
};

/// "Name <mail>", "<mail>" or "mail"; what follows the address (a remark in parentheses) is dropped. `mail` is empty if there is none.
Address parseAddress(llvm::StringRef Text);
/// A value of M: or R:; nearly always one address, several if it is a list separated by commas.
std::vector<Address> parseAddressList(llvm::StringRef Text);
/// The name without the quotes.
std::string plainPersonName(const Address &A);

/// ASCII letters to lower case; other bytes stay.
std::string lowered(llvm::StringRef Text);

class Mailmap {
public:
  explicit Mailmap(llvm::StringRef Text = {});
  Address map(const Address &A) const;

private:
  std::map<std::string, std::string> Names, Mails; ///< by address, or by "name <address>"
};

} // namespace krcu::series
