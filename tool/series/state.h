// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What krcu wrote into a directory, beside the mails as series.json, and what a person has made of the mails since. A second version keeps
// what the person changed: it is the difference between the two.
#pragma once

#include "llvm/Support/Error.h"
#include <map>
#include <string>
#include <vector>

namespace krcu::series {

/// The parts of a mail that a person writes in.
struct MailTexts {
  std::string subject;               ///< without [PATCH ...]
  std::string body;                  ///< without trailers; of a cover letter: up to the list of patches
  std::vector<std::string> trailers;
  std::string notes;                 ///< between "---" and the list of files
  std::vector<std::string> to, cc;   ///< addresses as the headers have them

  friend bool operator==(const MailTexts &, const MailTexts &) = default;
};

struct WrittenMail {
  std::string file;                  ///< below the directory
  std::string key;                   ///< which mail of another run is the same: the files it changes; "cover:NAME"
  std::string message_id;
  MailTexts texts;
  std::string mail_digest;           ///< of what a next version does not take over: digestOfRest() of the mail as krcu wrote it; empty: not known
};

struct WrittenSeries {
  unsigned version = 1;
  std::string date;                  ///< of the first mail, seconds since 1970
  std::vector<WrittenMail> mails;    ///< cover letters too, in order
  std::vector<std::string> trailers, cc; ///< as the options had them
  std::string prefix;
  std::vector<std::string> left_out; ///< sites that are not in the patches though they could: "FILE: deferral(head, callback)"
};

std::string stateJson(const WrittenSeries &W);
/// series.json of a directory that krcu patch --series wrote.
llvm::Expected<WrittenSeries> readState(const std::string &Directory);

/// The parts of a mail as it is now.
MailTexts textsOfMail(llvm::StringRef Mail);

/// Of what no next version keeps: the lines that the diff changes, and [PATCH ...] without its numbers.
std::string digestOfRest(llvm::StringRef Mail);

/// Three ways: `Now` with what the person made of `Then` (`Theirs`). Where both changed the same lines the person's text wins, and
/// `Conflicts` gets the name of the part.
MailTexts mergeTexts(const MailTexts &Then, const MailTexts &Theirs, const MailTexts &Now, std::vector<std::string> &Conflicts);

/// The value of a header, its continuation lines joined and RFC 2047 undone.
std::string headerOf(llvm::StringRef Mail, llvm::StringRef Name);

} // namespace krcu::series
