// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Headers: who gets a patch of one, and what its subject begins with.
#include "tool/series/series_test_util.h"

namespace krcu::series {
namespace {

const char *const People = "WIDGET DRIVERS\nM:\tWilma W <wilma@example.org>\nL:\twidgets@example.org\nT:\tgit git://x/who/widgets.git\nF:\tdrivers/net/widget/\n\n"
                           "GADGET SUBSYSTEM\nM:\tGus G <gus@example.org>\nT:\tgit git://x/who/gadget.git\nF:\tkernel/gadget*\nF:\tinclude/linux/gadget.h\n\n"
                           "NETWORKING [FROB]\nM:\tNed N <ned@example.org>\nT:\tgit git://x/netdev/net-next.git\nF:\tnet/ipv4/frob*.c\nF:\tinclude/net/frob.h\n\n"
                           "ORPHANED THINGS\nL:\tthings@example.org\nF:\tdrivers/thing/\n\n"
                           "THE REST\nL:\tlinux-kernel@vger.kernel.org\nT:\tgit git://x/torvalds/linux.git\nF:\t*\nF:\t*/\n";

class Headers : public testing::Test {
protected:
  /// A patch for each header or file, made by way of the whole series.
  SeriesResult make(const std::map<std::string, std::vector<std::string>> &UsersByFile) {
    C.T.write("MAINTAINERS", People);
    SeriesInput In = C.input();
    static const std::vector<SiteReport> NoSites;
    In.sites = &NoSites;
    for (const auto &[File, Users] : UsersByFile) {
      SlimText One;
      One.file = File;
      One.record = "rec" + std::to_string(In.slims.size()), One.member = "rcu", One.type = "rcu_head", One.new_type = "kvfree_rcu_head";
      One.frees = {"kfree_rcu()"};
      One.sizes = {{"struct " + One.record + ": 24 -> 16", "x86"}};
      One.users = Users;
      One.architectures = {"x86"};
      In.slims.push_back(One);
      In.files[File] = {"struct rcu_head rcu;\n", "struct kvfree_rcu_head rcu;\n"};
    }
    auto R = makeSeries(In);
    EXPECT_TRUE(static_cast<bool>(R)) << message(R.takeError());
    return R ? std::move(*R) : SeriesResult();
  }
  /// "prefix to MAIL MAIL..." of each patch, lists left out.
  std::vector<std::string> patches(const std::map<std::string, std::vector<std::string>> &UsersByFile) {
    std::vector<std::string> Out;
    for (const MadeSeries &S : make(UsersByFile).series)
      for (const MadePatch &P : S.patches) {
        std::string Line = S.name + ": " + P.unit.style.prefix + " to";
        for (const Recipient &R : P.recipients)
          if (R.role != Role::List)
            Line += " " + R.address.mail;
        Out.push_back(Line);
      }
    return Out;
  }
  Converted C;
};

using Lines = std::vector<std::string>;

TEST_F(Headers, OneThatNobodyLooksAfterGoesToThoseOfItsUsers) {
  EXPECT_EQ(patches({{"include/linux/if_widget.h", {"drivers/net/widget/main.c", "kernel/gadget.c"}}}), Lines{"widget: widget to wilma@example.org"});
  SeriesResult R = make({{"include/linux/if_widget.h", {"drivers/net/widget/main.c"}}});
  EXPECT_NE(R.series[0].patches[0].mail.find("widgets@example.org"), std::string::npos) << R.series[0].patches[0].mail;
  EXPECT_NE(R.series[0].patches[0].mail.find("linux-kernel@vger.kernel.org"), std::string::npos);
}

TEST_F(Headers, TwoSubsystemsHeadersAreTwoPostings) {
  EXPECT_EQ(patches({{"include/linux/if_widget.h", {"drivers/net/widget/main.c"}}, {"include/linux/other.h", {"kernel/gadget_core.c"}}}),
            (Lines{"gadget: gadget to gus@example.org", "widget: widget to wilma@example.org"}));
}

TEST_F(Headers, OneWithAnEntryKeepsItsPeopleAndIsCalledAsItsUsers) {
  EXPECT_EQ(patches({{"include/net/frob.h", {"net/ipv4/frob_input.c", "drivers/net/widget/main.c"}}}), Lines{"net-next: frob to ned@example.org"});
  EXPECT_EQ(patches({{"include/linux/gadget.h", {"drivers/net/widget/main.c"}}}), Lines{"widget: widget to gus@example.org"});
}

TEST_F(Headers, OneBesideItsUserIsCalledAsThat) {
  EXPECT_EQ(patches({{"kernel/gadget_private.h", {"lib/x.c", "kernel/gadget.c"}}}), Lines{"gadget: gadget to gus@example.org"});
  EXPECT_EQ(patches({{"lib/math/half_private.h", {"lib/math/half.c"}}}), Lines{"half: half to akpm@linux-foundation.org"});
}

TEST_F(Headers, WhatHasNoMaintainerGoesToWhoTakesThat) {
  EXPECT_EQ(patches({{"include/linux/odd.h", {"kernel/odd.c"}}}), Lines{"odd: odd to akpm@linux-foundation.org"});
  EXPECT_EQ(patches({{"drivers/thing/x.c", {}}}), Lines{"thing: thing to"}) << "an entry with a list only is an entry";
}

TEST(Group, IsInTheTitleAndInTheName) {
  TempTree T(FileMap{{"MAINTAINERS", People}});
  auto Opened = T.open();
  std::optional<Maintainers> M = Maintainers::load(Opened);
  ASSERT_TRUE(M);
  EXPECT_EQ(M->groupOf("net/ipv4/frob_input.c"), "frob");
  EXPECT_EQ(M->groupOf("kernel/gadget_tree.c"), "gadget");
  EXPECT_EQ(M->groupOf("drivers/net/widget/main.c"), "") << "WIDGET is a directory there";
  EXPECT_EQ(M->groupOf("drivers/net/widget/widget.c"), "widget");
  EXPECT_EQ(M->groupOf("net/ipv4/other.c"), "");
}

TEST(Group, ARowThatWantsOneIsNoneWithout) {
  std::vector<PrefixRow> Rows = {{"net/ipv4", "{group}"}, {"net/*", "{2}"}};
  EXPECT_EQ(prefixOfPath("net/ipv4/frob_input.c", Rows, "frob"), "frob");
  EXPECT_EQ(prefixOfPath("net/ipv4/other.c", Rows), "ipv4");
}

} // namespace
} // namespace krcu::series
