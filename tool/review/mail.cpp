// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Messages are handled one by one, so a large mbox costs the memory of its largest mail and of the patches in it.
#include "tool/review/mail.h"
#include "tool/review/public_inbox.h"
#include "tool/review/series_order.h"
#include "tool/support/error.h"
#include "tool/support/io.h"
#include "tool/support/sink.h"
#include "tool/support/standard_streams.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <algorithm>
#include <cerrno>
#include <gmime/gmime.h>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

using llvm::StringRef;

namespace krcu::review {
namespace {

constexpr uint64_t MaxDiffBytes = UINT64_C(256) << 20;
/// Of one header field. GMime looks for the end of each encoded word in all that follows, so a field of nothing but beginnings costs the square of its size.
constexpr size_t MaxFieldBytes = size_t{64} << 10;

struct Unref {
  void operator()(gpointer P) const { g_object_unref(P); }
};
template <class T> using Object = std::unique_ptr<T, Unref>;

std::string orEmpty(const char *Text) { return Text ? Text : ""; }

bool isText(GMimeObject *Part, const char *Subtype) {
  GMimeContentType *Type = g_mime_object_get_content_type(Part);
  return Type && g_mime_content_type_is_type(Type, "text", Subtype);
}

/// A part's text in UTF-8. Bytes of no known character set stay as they are.
std::string decoded(GMimeObject *Part) {
  if (GMIME_IS_TEXT_PART(Part)) {
    char *Text = g_mime_text_part_get_text(GMIME_TEXT_PART(Part));
    std::string Result = orEmpty(Text);
    g_free(Text);
    return Result;
  }
  GMimeDataWrapper *Content = GMIME_IS_PART(Part) ? g_mime_part_get_content(GMIME_PART(Part)) : nullptr;
  if (!Content)
    return {};
  Object<GMimeStream> Memory(g_mime_stream_mem_new());
  g_mime_data_wrapper_write_to_stream(Content, Memory.get());
  GByteArray *Bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(Memory.get()));
  return std::string(reinterpret_cast<const char *>(Bytes->data), Bytes->len);
}

struct Collected {
  std::string body;
  bool flowed = false;
};

void collectPart(GMimeObject *, GMimeObject *Part, gpointer To) {
  auto &C = *static_cast<Collected *>(To);
  std::string Name = GMIME_IS_PART(Part) ? orEmpty(g_mime_part_get_filename(GMIME_PART(Part))) : "";
  bool Attached = StringRef(Name).ends_with(".patch") || StringRef(Name).ends_with(".diff") || isText(Part, "x-patch") || isText(Part, "x-diff");
  if (!Attached && !isText(Part, "plain"))
    return;
  std::string Text = decoded(Part);
  const char *Format = g_mime_object_get_content_type_parameter(Part, "format");
  if (Format && StringRef(Format).equals_insensitive("flowed")) {
    C.flowed = true;
    Text = unflow(Text);
  }
  C.body += (C.body.empty() || C.body.back() == '\n' ? "" : "\n") + Text;
}

std::string header(GMimeMessage *Message, const char *Name) { return orEmpty(g_mime_object_get_header(GMIME_OBJECT(Message), Name)); }

/// A name in quotes, if it could be read as more than a name. GMime leaves quotes that stand in it as they are.
std::string inQuotes(const std::string &Name) {
  if (llvm::all_of(Name, [](char C) { return llvm::isAlnum(C) || (C & 0x80) || StringRef(" -_").contains(C); }))
    return Name;
  std::string Out = "\"";
  for (char C : Name)
    Out += (C == '"' || C == '\\' ? "\\" : "") + std::string(1, C);
  return Out + "\"";
}

/// The people of a list, those of its groups included. What was encoded may hold commas, quotes and brackets, and stays a name.
std::string inList(InternetAddressList *List, unsigned Depth = 0) {
  std::string Result;
  for (int N = 0; List && Depth < 4 && N < internet_address_list_length(List); ++N) {
    InternetAddress *A = internet_address_list_get_address(List, N);
    std::string One;
    if (INTERNET_ADDRESS_IS_GROUP(A)) {
      One = inList(internet_address_group_get_members(INTERNET_ADDRESS_GROUP(A)), Depth + 1);
    } else if (INTERNET_ADDRESS_IS_MAILBOX(A)) {
      const std::string Mail = orEmpty(internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(A))), Name = inHeader(orEmpty(internet_address_get_name(A)));
      if (!Mail.empty() && StringRef(Mail).find_first_of("<>(),;:\"\\ \t\r\n") == StringRef::npos)
        One = Name.empty() ? Mail : inQuotes(Name) + " <" + Mail + ">";
    }
    Result += (Result.empty() || One.empty() ? "" : ", ") + One;
  }
  return inHeader(Result);
}

ReviewPatch fromMessage(GMimeMessage *Message, const std::string &Source) {
  ReviewPatch P;
  P.source = Source;
  Collected C;
  GMimeObject *Root = g_mime_message_get_mime_part(Message);
  if (Root && GMIME_IS_MULTIPART(Root))
    g_mime_message_foreach(Message, collectPart, &C);
  else if (Root)
    collectPart(nullptr, Root, &C);
  P.body = std::move(C.body);
  P.flowed = C.flowed;
  readSubject(orEmpty(g_mime_message_get_subject(Message)), P);
  P.from = inList(g_mime_message_get_from(Message));
  P.date = inHeader(header(Message, "Date"));
  P.to = inList(g_mime_message_get_to(Message));
  P.cc = inList(g_mime_message_get_cc(Message));
  P.references = inHeader(header(Message, "References"));
  P.message_id = inHeader(orEmpty(g_mime_message_get_message_id(Message)));
  P.diff = parseDiff(P.body);
  return P;
}

/// "-- >8 --", as git mailinfo --scissors knows it.
bool isScissors(StringRef Line) {
  Line = Line.trim();
  if (!Line.contains(">8") && !Line.contains("8<") && !Line.contains("%<") && !Line.contains(">%"))
    return false;
  size_t Marks = 0, Perforation = 0;
  for (char C : Line)
    Marks += C == '-' || C == '8' || C == '>' || C == '<' || C == '%' || C == ' ', Perforation += C == '-';
  return Perforation >= 4 || (Perforation >= 2 && Marks == Line.size());
}

/// What stands behind scissors is the mail; the headers that it begins with take the place of the mail's own. False if there are none.
bool cutAtScissors(ReviewPatch &P) {
  StringRef Rest = P.body;
  bool Found = false;
  while (!Rest.empty() && !Found) {
    auto [Line, Tail] = Rest.split('\n');
    if (Line.starts_with("diff --git ") || Line.starts_with("@@ -"))
      return false;
    Found = isScissors(Line);
    Rest = Tail;
  }
  if (!Found)
    return false;
  Rest = Rest.ltrim('\n');
  while (Rest.starts_with("Subject: ") || Rest.starts_with("From: ") || Rest.starts_with("Date: ")) {
    auto [Line, Tail] = Rest.split('\n');
    if (Line.consume_front("Subject: ")) {
      P.prefix.clear();
      P.numbered = false;
      readSubject(Line.rtrim('\r'), P);
    } else if (Line.consume_front("From: ")) {
      Object<InternetAddressList> Sender(internet_address_list_parse(nullptr, Line.rtrim('\r').str().c_str()));
      P.from = inList(Sender.get());
    }
    Rest = Tail;
  }
  P.body = Rest.str();
  P.diff = parseDiff(P.body);
  return !P.diff.files.empty() || !P.diff.problem.empty();
}

bool isReply(StringRef Subject) { return Subject.ltrim().starts_with_insensitive("re:"); }

/// What git format-patch --base wrote; empty if it did not.
std::string baseCommitIn(StringRef Body) {
  for (StringRef Rest = Body; !Rest.empty();) {
    auto [Line, Tail] = Rest.split('\n');
    Rest = Tail;
    if (Line.consume_front("base-commit: ") && Line.trim().size() == 40 && llvm::all_of(Line.trim(), llvm::isHexDigit))
      return Line.trim().lower();
  }
  return "";
}

/// Cuts header fields that are too long, those of the parts of a mail and of mails in mails included.
class FieldCutter {
public:
  explicit FieldCutter(StringRef Text) : Text(Text), IsMbox(Text.starts_with("From ")) {}

  /// The text with short fields; none if they are short as they are, which costs one look at each line.
  std::optional<std::string> cut() {
    std::optional<std::string> Result;
    for (size_t At = 0; At < Text.size();) {
      const size_t End = std::min(Text.find('\n', At), Text.size() - 1) + 1;
      const StringRef Line = Text.slice(At, End);
      const size_t Keep = kept(Line);
      if (Keep < Line.size() && !Result)
        Result = Text.take_front(At).str();
      if (Result)
        *Result += Line.take_front(Keep).str() + (Keep && Keep < Line.size() ? "\n" : "");
      At = End;
    }
    return Result;
  }

private:
  /// How many bytes of the line may stay: all of a line that is no part of a field.
  size_t kept(StringRef Line) {
    if (Line.rtrim("\r\n").empty()) {
      InHead = InHead && HoldsMail; // the head of a mail within begins behind the empty line
      Field = 0, HoldsMail = false;
    } else if (!InHead) {
      InHead = (IsMbox && Line.starts_with("From ")) || Line.starts_with("--"); // what is no head behind "--" ends it at once, below
      Field = 0, HoldsMail = false;
    } else if (Field && (Line[0] == ' ' || Line[0] == '\t')) {
      return more(Line);
    } else if (beginsField(Line)) {
      Field = 0;
      return more(Line);
    } else if (!(IsMbox && Line.starts_with("From "))) {
      InHead = Line.starts_with("--"), Field = 0;
    }
    return Line.size();
  }

  /// "Subject: ". No line of a diff does, for none begins with a letter.
  static bool beginsField(StringRef Line) {
    return llvm::isAlnum(Line[0]) && Line.contains(':') && llvm::all_of(Line.take_until([](char C) { return C == ':'; }), [](char C) { return llvm::isAlnum(C) || C == '-' || C == '_'; });
  }

  size_t more(StringRef Line) {
    const size_t Left = MaxFieldBytes - std::min(Field, MaxFieldBytes);
    Field += Line.size();
    HoldsMail = HoldsMail || Line.take_front(MaxFieldBytes).contains_insensitive("message/");
    return std::min(Line.size(), Left);
  }

  StringRef Text;
  bool IsMbox, InHead = true, HoldsMail = false;
  size_t Field = 0; ///< bytes of the field so far
};

class Reader {
public:
  Reader() { g_mime_init(); }

  llvm::Error add(const std::string &Input) {
    if (Input != "-" && llvm::sys::fs::is_directory(Input)) {
      std::vector<std::string> Archive = inboxRepositories(Input);
      return Archive.empty() ? addDirectory(Input) : addArchive(Archive);
    }
    if (Input == "-" || (llvm::sys::fs::exists(Input) && !llvm::sys::fs::is_regular_file(Input))) { // a pipe or a device may have no end
      auto Read = Input == "-" ? readStandardInput() : readFile(Input);
      return Read ? addText(Input == "-" ? "standard input" : Input, *Read) : Read.takeError();
    }
    // Not read into memory as a whole: an mbox may be large, and is mapped.
    auto Buffer = llvm::MemoryBuffer::getFile(Input, /*IsText=*/false, /*RequiresNullTerminator=*/false);
    if (!Buffer)
      return failErrno(Input, Buffer.getError().value(), "give an mbox, a mail, a patch, or a directory of *.patch files");
    return addText(Input, (*Buffer)->getBuffer());
  }

  llvm::Error addText(const std::string &Name, StringRef Text) {
    if (Text.starts_with("From ") || looksLikeMail(Text))
      return addMails(Name, Text);
    return addDiff(Name, Text);
  }

  llvm::Expected<Inbox> finish();

private:
  /// The first line is a header of a mail.
  static bool looksLikeMail(StringRef Text) {
    StringRef Head = Text.take_front(4000);
    unsigned Headers = 0;
    bool Known = false;
    while (!Head.empty()) {
      auto [Line, Tail] = Head.split('\n');
      Head = Tail;
      Line = Line.rtrim('\r');
      if (Line.empty())
        break;
      if (Line[0] == ' ' || Line[0] == '\t')
        continue;
      auto [Name, Value] = Line.split(':');
      if (Name.size() == Line.size() || Name.empty() || !llvm::all_of(Name, [](char C) { return llvm::isAlnum(C) || C == '-'; }))
        return false;
      Known = Known || Name.equals_insensitive("subject") || Name.equals_insensitive("from") || Name.equals_insensitive("message-id");
      ++Headers;
    }
    return Headers && Known;
  }

  llvm::Error addArchive(const std::vector<std::string> &Repositories) {
    unsigned Removed = 0;
    for (const std::string &Each : Repositories)
      if (llvm::Error E = eachMailOf(Each, [&](const std::string &Id, StringRef Text) { return addMails(Each + " " + Id, Text); }, Removed))
        return E;
    if (Removed)
      Box.notes.push_back(std::to_string(Removed) + (Removed == 1 ? " mail was" : " mails were") + " taken back by the archive and left out");
    return llvm::Error::success();
  }

  llvm::Error addDirectory(const std::string &Directory) {
    std::vector<std::string> Names;
    std::error_code EC;
    for (llvm::sys::fs::directory_iterator It(Directory, EC), End; !EC && It != End; It.increment(EC))
      if (llvm::sys::path::extension(It->path()) == ".patch")
        Names.push_back(It->path());
    if (!EC && Names.empty())
      Names = mailsBelow(Directory, EC);
    if (EC)
      return failErrno(Directory, EC.value(), "");
    if (Names.empty())
      return failAt(Directory, 0, 0, "this has no *.patch files and no mails", "give a directory that git format-patch wrote, a maildir, or a directory tree of mails");
    std::sort(Names.begin(), Names.end());
    for (const std::string &Name : Names)
      if (!llvm::sys::fs::is_regular_file(Name)) // a pipe would be waited for
        Box.notes.push_back(onOneLine(Name) + " is no regular file and was left out");
      else if (llvm::Error E = add(Name))
        return E;
    return llvm::Error::success();
  }

  /// The mails of a maildir, or of a directory tree: by their names, or because they lie in cur/ or new/. Links are not followed.
  static std::vector<std::string> mailsBelow(const std::string &Directory, std::error_code &EC) {
    std::vector<std::string> Names;
    for (llvm::sys::fs::recursive_directory_iterator It(Directory, EC, /*follow_symlinks=*/false), End; !EC && It != End; It.increment(EC)) {
      if (It->type() != llvm::sys::fs::file_type::regular_file)
        continue;
      StringRef Path = It->path(), Extension = llvm::sys::path::extension(Path), Parent = llvm::sys::path::filename(llvm::sys::path::parent_path(Path));
      if (Extension == ".patch" || Extension == ".eml" || Extension == ".mbox" || Extension == ".diff" || Parent == "cur" || Parent == "new")
        Names.push_back(Path.str());
    }
    return Names;
  }

  llvm::Error addMails(const std::string &Name, StringRef Text) {
    const std::optional<std::string> Short = FieldCutter(Text).cut();
    if (Short) {
      Box.notes.push_back(onOneLine(Name) + ": a header field of more than " + std::to_string(MaxFieldBytes >> 10) + " KiB was cut there");
      Text = *Short;
    }
    Object<GMimeStream> Stream(g_mime_stream_mem_new());
    // The stream reads the mapped file where it is; it takes nothing over.
    GByteArray *Bytes = g_byte_array_new_take(nullptr, 0);
    Bytes->data = reinterpret_cast<guint8 *>(const_cast<char *>(Text.data()));
    Bytes->len = static_cast<guint>(std::min<size_t>(Text.size(), UINT32_MAX));
    g_mime_stream_mem_set_byte_array(GMIME_STREAM_MEM(Stream.get()), Bytes);
    g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(Stream.get()), FALSE);
    Object<GMimeParser> Parser(g_mime_parser_new_with_stream(Stream.get()));
    g_mime_parser_set_format(Parser.get(), Text.starts_with("From ") ? GMIME_FORMAT_MBOX : GMIME_FORMAT_MESSAGE);
    if (Text.size() > UINT32_MAX)
      Box.notes.push_back(Name + ": only the first 4 GiB were read");
    while (!g_mime_parser_eos(Parser.get())) {
      Object<GMimeMessage> Message(g_mime_parser_construct_message(Parser.get(), nullptr));
      if (!Message)
        break;
      ++Mails;
      take(Name, fromMessage(Message.get(), Name), onOneLine(orEmpty(g_mime_message_get_subject(Message.get()))));
    }
    Parser.reset();
    Stream.reset();
    Bytes->data = nullptr, Bytes->len = 0;
    g_byte_array_free(Bytes, TRUE);
    return llvm::Error::success();
  }

  void take(const std::string &Name, ReviewPatch P, const std::string &Subject) {
    P.base_commit = baseCommitIn(P.body);
    const bool Cut = cutAtScissors(P);
    bool Empty = P.diff.files.empty() && P.diff.problem.empty();
    if (isReply(Subject) && !Cut)
      ++Replies;
    else if (Empty && P.numbered && P.number == 0) {
      ++Covers;
      if (!P.base_commit.empty())
        CoversWithBase.push_back(std::move(P));
    }
    else if (Empty && P.numbered && P.number)
      Hollow.push_back(std::move(P));
    else if (Empty && ++Empties <= 3)
      Box.notes.push_back(Name + ": \"" + Subject + "\" has no patch");
    else if (Empty)
      return;
    else
      Box.patches.push_back(std::move(P));
  }

  llvm::Error addDiff(const std::string &Name, StringRef Text) {
    if (Text.size() > MaxDiffBytes)
      return failAt(Name, 0, 0, "this is larger than 256 MiB and no mbox", "split it");
    ReviewPatch P;
    P.source = Name;
    P.subject = llvm::sys::path::filename(Name).str();
    P.diff = parseDiff(Text);
    P.body = Text.str();
    if (P.diff.files.empty() && P.diff.problem.empty())
      return failAt(Name, 0, 0, "this has no patch in it", "give an mbox, a mail, a file of git format-patch or a unified diff");
    Box.patches.push_back(std::move(P));
    return llvm::Error::success();
  }

  Inbox Box;
  std::vector<ReviewPatch> Hollow; ///< numbered parts of a series without a patch in them
  std::vector<ReviewPatch> CoversWithBase;
  unsigned Mails = 0, Covers = 0, Replies = 0, Empties = 0;
};

llvm::Expected<Inbox> Reader::finish() {
  if (Empties > 3)
    Box.notes.push_back(std::to_string(Empties - 3) + " more mails have no patch");
  if (Replies)
    Box.notes.push_back(std::to_string(Replies) + (Replies == 1 ? " reply was" : " replies were") + " left out");
  if (Box.patches.empty())
    return fail("none of " + std::to_string(Mails) + " mails has a patch in it" + (Box.notes.empty() ? "" : ": " + Box.notes.front()) +
                "; give the mails that do, or an mbox with the whole series");
  for (const ReviewPatch &P : Hollow) {
    Box.notes.push_back(P.source + ": " + P.prefix + " " + P.subject + " has no patch in it");
    Box.incomplete = true;
  }
  putInOrder(Box, Hollow, CoversWithBase);
  return std::move(Box);
}

} // namespace

void readSubject(StringRef Subject, ReviewPatch &P) {
  const std::string Clean = onOneLine(Subject.trim());
  StringRef Rest = Clean;
  while (Rest.starts_with("[")) {
    size_t Close = Rest.find(']');
    if (Close == StringRef::npos)
      break;
    StringRef Inside = Rest.slice(1, Close);
    llvm::SmallVector<StringRef, 8> Words;
    Inside.split(Words, ' ', -1, false);
    bool IsPatch = false;
    for (StringRef W : Words) {
      auto [Number, Total] = W.split('/');
      unsigned N = 0, M = 0;
      if (W.starts_with_insensitive("patch") || W.starts_with_insensitive("rfc"))
        IsPatch = true;
      if (!Total.empty() && !Number.getAsInteger(10, N) && !Total.getAsInteger(10, M) && N < 10000 && M < 10000)
        P.number = N, P.total = M, P.numbered = true;
      else if ((W.starts_with("v") || W.starts_with("V")) && !W.drop_front().getAsInteger(10, N) && N && N < 1000)
        P.version = N;
    }
    if (IsPatch || P.numbered)
      P.prefix = Rest.take_front(Close + 1).str();
    Rest = Rest.drop_front(Close + 1).ltrim();
  }
  P.subject = Rest.str();
}

std::string unflow(StringRef Text) {
  std::string Result;
  bool Soft = false;
  while (!Text.empty()) {
    auto [Line, Tail] = Text.split('\n');
    Text = Tail;
    Line = Line.rtrim('\r');
    Line.consume_front(" "); // stuffing
    if (Soft && !Line.empty() && Line == "-- ")
      Result += '\n';
    Soft = Line.ends_with(" ") && Line != "-- ";
    // A context line of a diff is a lone space; it ends no paragraph softly.
    if (Line == " ")
      Soft = false;
    Result += Line.str();
    if (!Soft)
      Result += '\n';
  }
  return Result;
}

llvm::Expected<Inbox> readInbox(const std::vector<std::string> &Inputs) {
  Reader R;
  for (const std::string &Input : Inputs)
    if (llvm::Error E = R.add(Input))
      return E;
  return R.finish();
}

} // namespace krcu::review
