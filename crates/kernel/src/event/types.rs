//! Every type of event that there is: the one table. A type that does not stand here cannot be logged, because
//! [`Event::kind`](super::Event::kind) gives one of these.

use serde::{Serialize, Serializer};
use std::fmt;

macro_rules! types {
    ($($name:ident $word:literal $about:literal;)+) => {
        /// A type of event (事件类型).
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[expect(missing_docs, reason = "the sentence in the table is the documentation")]
        pub enum EventType { $($name),+ }

        impl EventType {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its word: what it is about, a dot, and what happened, in the past tense.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),+ }
            }

            /// What happened, in a sentence with the Chinese term.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$name => $about),+ }
            }
        }
    };
}

types! {
    // Orders
    OrderPlaced           "order.placed"           "An order was placed (点单).";
    OrderTriaged          "order.triaged"          "An order was accepted for handling and classified (受理分类).";
    OrderRejected         "order.rejected"         "An order was not accepted for handling (不予受理).";
    OrderDispatched       "order.dispatched"       "An order was dispatched (派单).";
    OrderAccepted         "order.accepted"         "A taker accepted or claimed an order (接单).";
    OrderDeclined         "order.declined"         "A taker declined an order (拒单).";
    OrderHandedBack       "order.handed_back"      "A taker handed an order back (退单).";
    OrderStarted          "order.started"          "Work on an order began (开始办理).";
    OrderProgressed       "order.progressed"       "Progress of an order was recorded (办理进度).";
    OrderCompleted        "order.completed"        "An order was completed (办结).";
    OrderEvaluated        "order.evaluated"        "The requester judged the result (评单).";
    OrderReworked         "order.reworked"         "An order goes back for rework (重办).";
    OrderClosed           "order.closed"           "An order was closed (销号).";
    OrderCancelled        "order.cancelled"        "An order was cancelled (撤单).";
    OrderSuspended        "order.suspended"        "An order was suspended; its time limits stand still (挂起).";
    OrderResumed          "order.resumed"          "A suspended order goes on (恢复).";
    OrderMerged           "order.merged"           "An order was merged into another (并单).";
    OrderCommented        "order.commented"        "Whoever asked from outside added something (补充说明).";
    OrderAmended          "order.amended"          "Another system says something new of an order (外部更新).";
    OrderLinked           "order.linked"           "An order is known to another system under a number (关联外部编号).";
    // Catalogue and policies
    ServiceItemCreated    "service_item.created"   "An entry of the service catalogue was made (服务事项新增).";
    ServiceItemUpdated    "service_item.updated"   "An entry of the service catalogue has a new version (服务事项变更).";
    ServiceItemClosed     "service_item.closed"    "An entry of the service catalogue is offered no more (服务事项停用).";
    PolicySet             "policy.set"             "A policy of a place was set (规则设定).";
    // Mediation
    MediationApplied      "mediation.applied"      "Mediation was applied for (申请调解).";
    MediationAccepted     "mediation.accepted"     "An application for mediation was accepted (受理).";
    MediationRefused      "mediation.refused"      "An application for mediation was refused (不予受理).";
    MediationBegun        "mediation.begun"        "Mediation began (开始调解).";
    MediationAgreed       "mediation.agreed"       "The parties agreed (达成协议).";
    MediationFailed       "mediation.failed"       "No agreement could be reached (调解不成).";
    MediationTerminated   "mediation.terminated"   "A party ended mediation (当事人终止).";
    MediationWithdrawn    "mediation.withdrawn"    "The application was taken back (撤回申请).";
    MediationPerformanceStarted "mediation.performance_started" "The parties began to perform the agreement (开始履行).";
    MediationPerformed    "mediation.performed"    "The agreement was performed (履行完毕).";
    MediationBreached     "mediation.breached"     "The agreement was not performed (未履行).";
    MediationClosed       "mediation.closed"       "A mediation case was closed (归档).";
    // Receptions, diaries, opinions
    ReceptionCreated      "reception.created"      "Reception days were announced (设立接待日).";
    ReceptionUpdated      "reception.updated"      "Reception days were changed (修改接待日).";
    ReceptionPlanned      "reception.planned"      "Further reception days were planned (续排场次).";
    ReceptionClosed       "reception.closed"       "Reception days ended (停止接待日).";
    ReceptionSessionCancelled "reception_session.cancelled" "A reception day was cancelled (取消场次).";
    AppointmentBooked     "appointment.booked"     "An appointment was booked (预约接待).";
    AppointmentCancelled  "appointment.cancelled"  "An appointment was cancelled (取消预约).";
    AppointmentAttended   "appointment.attended"   "Somebody came to their appointment (已到访).";
    AppointmentMissed     "appointment.missed"     "Somebody did not come to their appointment (未到访).";
    DiaryTemplateCreated  "diary_template.created" "A template of diaries was written (新建民情日记模板).";
    DiaryTemplateUpdated  "diary_template.updated" "A template of diaries has a new version (修改民情日记模板).";
    DiaryBegun            "diary.begun"            "A diary was begun (记民情日记).";
    DiaryStepRecorded     "diary.step_recorded"    "A step of a diary was written (记录步骤).";
    DiaryClosed           "diary.closed"           "A diary was closed (办结民情日记).";
    OpinionRecorded       "opinion.recorded"       "An opinion was recorded (记录意见建议).";
    OpinionOrdered        "opinion.ordered"        "An opinion became an order (意见转订单).";
    OpinionAnswered       "opinion.answered"       "An opinion has its answer (意见答复).";
    OpinionReopened       "opinion.reopened"       "The order of an opinion is done again (意见重办).";
    OpinionFedBack        "opinion.fed_back"       "The resident was told what came of an opinion (办结反馈).";
    JobCreated            "job.created"            "An import or an export was asked for (新建任务).";
    JobCarriedOut         "job.carried_out"        "An import that was checked is to be carried out (正式导入).";
    JobCancelled          "job.cancelled"          "A job was cancelled (取消任务).";
    JobFinished           "job.finished"           "A job has ended, or an import is checked (任务完成).";
    // Places
    RegionImported        "region.imported"        "A list of regions was imported (区划导入).";
    GridCreated           "grid.created"           "A grid was drawn (网格建立).";
    GridUpdated           "grid.updated"           "A grid was changed (网格变更).";
    GridClosed            "grid.closed"            "A grid was closed (网格撤销).";
    GridSplit             "grid.split"             "A grid was split into others (网格拆分).";
    GridMerged            "grid.merged"            "Grids were merged into one (网格合并).";
    DutyAssigned          "duty.assigned"          "Somebody is on duty in a grid (网格任职).";
    DutyUpdated           "duty.updated"           "A duty was changed (任职变更).";
    DutyEnded             "duty.ended"             "A duty ended (任职结束).";
    AddressCreated        "address.created"        "An address was entered (地址登记).";
    AddressUpdated        "address.updated"        "An address was changed (地址变更).";
    AddressClosed         "address.closed"         "An address is used no more (地址停用).";
    RegionBoundarySet     "region.boundary_set"    "The boundary of a community was drawn (社区界线).";
    ChecklistCreated      "checklist.created"      "A checklist was written (新建检查清单).";
    ChecklistUpdated      "checklist.updated"      "A checklist has a new version (修改检查清单).";
    ChecklistClosed       "checklist.closed"       "A checklist is used no more (停用检查清单).";
    ChecklistRun          "checklist.run"          "A grid was held against a checklist (清单检查).";
    // Households and residents
    HouseholdLinked       "household_link.created" "A party member was linked with a household (党员联户).";
    HouseholdLinkChecked  "household_link.checked" "What a party member knows of a household was checked (四知检查).";
    HouseholdLinkEnded    "household_link.ended"   "A link of a party member with a household ended (结束联户).";
    HouseholdCreated      "household.created"      "A household was entered (立户).";
    HouseholdUpdated      "household.updated"      "A household was changed (户变更).";
    HouseholdClosed       "household.closed"       "A household was closed (销户).";
    ResidentCreated       "resident.created"       "A resident was entered (居民登记).";
    ResidentUpdated       "resident.updated"       "A resident's entry was changed (居民变更).";
    ResidentMovedIn       "resident.moved_in"      "A resident joined a household (迁入).";
    ResidentMovedOut      "resident.moved_out"     "A resident left a household (迁出).";
    ResidentLeft          "resident.left"          "A resident left the community (离开).";
    ResidentRevealed      "resident.revealed"      "Personal fields of a resident were shown in full (查看明文).";
    ResidentLookedUp      "resident.looked_up"     "Somebody looked for a resident by phone or ID number (精确查找).";
    // Organizations and volunteers
    OrganizationCreated   "organization.created"   "An organization was entered (组织登记).";
    OrganizationUpdated   "organization.updated"   "An organization was changed (组织变更).";
    OrganizationClosed    "organization.closed"    "An organization was closed (组织撤销).";
    MembershipStarted     "membership.started"     "An account became a member of an organization (成员加入).";
    MembershipEnded       "membership.ended"       "A membership ended (成员退出).";
    VolunteerRegistered   "volunteer.registered"   "A taker was registered (接单人登记).";
    VolunteerUpdated      "volunteer.updated"      "A taker's entry was changed (接单人变更).";
    // Files
    AttachmentUploaded    "attachment.uploaded"    "A file was uploaded (上传附件).";
    AttachmentDeleted     "attachment.deleted"     "A file that nothing uses was deleted (删除附件).";
    // Webhooks
    WebhookEndpointCreated  "webhook_endpoint.created"  "A webhook endpoint was entered (新增推送地址).";
    WebhookEndpointUpdated  "webhook_endpoint.updated"  "A webhook endpoint was changed (修改推送地址).";
    WebhookEndpointRemoved  "webhook_endpoint.removed"  "A webhook endpoint was removed (删除推送地址).";
    WebhookEndpointPaused   "webhook_endpoint.paused"   "A webhook endpoint gets nothing for now; what comes is kept for it (暂停推送).";
    WebhookEndpointDisabled "webhook_endpoint.disabled" "A webhook endpoint answered that nobody listens there any more (停用推送地址).";
    WebhookEndpointResumed  "webhook_endpoint.resumed"  "A webhook endpoint gets events again, and what was kept for it (恢复推送).";
    WebhookEndpointTested   "webhook_endpoint.tested"   "Somebody asked for a test event (测试推送).";
    WebhookEndpointReplayed "webhook_endpoint.replayed" "Somebody asked for a range of events once more (重放推送).";
    WebhookSecretRotated    "webhook_secret.rotated"    "A webhook endpoint has a new secret (更换推送密钥).";
    // WeChat
    WechatBound           "wechat_binding.created" "An account was bound to a WeChat user (绑定微信).";
    WechatUnbound         "wechat_binding.removed" "An account is bound to no WeChat user any more (解绑微信).";
    WechatTemplateSet     "wechat_template.set"    "What subscribe messages say was set (设置订阅消息).";
    WechatCheckFlagged    "wechat_check.flagged"   "WeChat finds fault with a text or a picture, or could not check it (内容待审).";
    WechatCheckDecided    "wechat_check.decided"   "Somebody decided on what WeChat found fault with (内容审定).";
    // Hotlines
    HotlineCreated        "hotline.created"        "A hotline was entered (新增热线对接).";
    HotlineUpdated        "hotline.updated"        "A hotline was changed (修改热线对接).";
    HotlineRemoved        "hotline.removed"        "A hotline was removed (删除热线对接).";
    HotlineMapped         "hotline.mapped"         "The categories of a hotline were mapped to service items (热线分类对照).";
    HotlineOrderReceived  "hotline_order.received" "A hotline pushed a work order (接收热线工单).";
    HotlineOrderUpdated   "hotline_order.updated"  "A hotline pushed a newer version of a work order (热线工单更新).";
    HotlineOrderExtensionAsked "hotline_order.extension_asked" "The hotline is asked for more time (申请延期).";
    HotlineOrderCalledBack "hotline_order.called_back" "The caller was called back (回访).";
    HotlineOrderReopened  "hotline_order.reopened" "A hotline has a work order done again (二次办理).";
    HotlineOrderRevealed  "hotline_order.revealed" "Somebody looked at a work order as it came (查看原始工单).";
    HotlineMessageFailed  "hotline_message.failed" "A hotline did not take what it was told (回传失败).";
    // Visits, household plans, snapshots, patrols
    VisitCampaignCreated  "visit_campaign.created" "A visit campaign was planned (新建走访活动).";
    VisitCampaignUpdated  "visit_campaign.updated" "A visit campaign was changed (修改走访活动).";
    VisitCampaignStarted  "visit_campaign.started" "A visit campaign began; its households stand fast (启动走访活动).";
    VisitCampaignAssigned "visit_campaign.assigned" "Households of a visit campaign were given to a visitor (分配走访对象).";
    VisitCampaignClosed   "visit_campaign.closed"  "A visit campaign ended (结束走访活动).";
    VisitRecorded         "visit.recorded"         "A household was visited (登记走访).";
    HouseholdPlanCreated  "household_plan.created" "A plan for a household was made (制定一户一策).";
    HouseholdPlanUpdated  "household_plan.updated" "A plan for a household was changed (调整一户一策).";
    HouseholdPlanReviewed "household_plan.reviewed" "A plan for a household was reviewed (评估一户一策).";
    HouseholdPlanClosed   "household_plan.closed"  "A plan for a household ended (办结一户一策).";
    HouseholdNoteWritten  "household_note.written" "Something was noted of a household (登记民情档案).";
    SnapshotSent          "snapshot.sent"          "A snapshot was sent (随手拍上报).";
    SnapshotOrdered       "snapshot.ordered"       "A snapshot became an order (随手拍转订单).";
    SnapshotPublished     "snapshot.published"     "A snapshot that praises was published (随手拍发布).";
    SnapshotDeclined      "snapshot.declined"      "A snapshot was not taken up (随手拍不采纳).";
    SnapshotAnswered      "snapshot.answered"      "The order of a snapshot has its outcome (随手拍反馈).";
    SnapshotReopened      "snapshot.reopened"      "The order of a snapshot is done again (随手拍重办).";
    PatrolRecorded        "patrol.recorded"        "A patrol was recorded (登记巡查).";
    FindingRecorded       "finding.recorded"       "Something was found on a patrol or on the way (登记巡查发现).";
    // Accounts
    AccountCreated        "account.created"        "An account was opened (账号开立).";
    AccountUpdated        "account.updated"        "An account was changed (账号变更).";
    AccountDisabled       "account.disabled"       "An account was disabled (账号停用).";
    GrantGiven            "grant.given"            "A role was granted (授权).";
    GrantRevoked          "grant.revoked"          "A grant was taken back (撤销授权).";
    SessionOpened         "session.opened"         "Somebody signed in (登录).";
    SessionRevoked        "session.revoked"        "A session ended before its time (会话终止).";
    // Programs
    ApplicationCreated    "application.created"    "A program was let in (应用登记).";
    ApplicationUpdated    "application.updated"    "What an application may do, or who answers for it, was changed (应用变更).";
    ApplicationSuspended  "application.suspended"  "An application was suspended (应用停用).";
    ApplicationResumed    "application.resumed"    "A suspended application may call again (应用恢复).";
    ApplicationRevoked    "application.revoked"    "An application was revoked for good (应用注销).";
    ApplicationAgreed     "application.agreed"     "An agreement on personal data was recorded (数据共享协议登记).";
    ApplicationAgreementEnded "application.agreement_ended" "The agreement on personal data ended before its time (数据共享协议终止).";
    CredentialIssued      "credential.issued"      "A credential was issued to an application (凭据签发).";
    CredentialRotated     "credential.rotated"     "A credential has a successor and ends after an overlap (凭据轮换).";
    CredentialRevoked     "credential.revoked"     "A credential was revoked (凭据吊销).";
    // Tags, consents, one's own data
    TagCreated            "tag.created"            "A tag was entered in the catalogue (新增标签).";
    TagUpdated            "tag.updated"            "A tag of the catalogue has a new version (标签变更).";
    TagClosed             "tag.closed"             "A tag of the catalogue is used no more (停用标签).";
    ResidentTagged        "resident_tag.given"     "A resident was given a tag (打标签).";
    ResidentUntagged      "resident_tag.ended"     "A resident has a tag no more (取消标签).";
    ConsentRecorded       "consent.recorded"       "A consent was recorded (登记同意).";
    ConsentWithdrawn      "consent.withdrawn"      "A consent was withdrawn (撤回同意).";
    ResidentLinked        "resident.linked"        "A resident was linked to an account (关联账号).";
    ResidentUnlinked      "resident.unlinked"      "A resident is linked to no account any more (解除账号关联).";
    ResidentErased        "resident.erased"        "What identified a resident was erased (居民信息匿名化).";
    ResidentRestricted    "resident.restricted"    "A resident's data is kept and neither shown nor changed (限制处理).";
    AccountErased         "account.erased"         "What identified the holder of an account was erased (账号注销).";
    DataRequestMade       "data_request.made"      "Somebody asked for their data to be corrected or deleted (提出个人信息请求).";
    DataRequestDecided    "data_request.decided"   "A request about one's own data was decided (个人信息请求办结).";
    DataPurged            "data.purged"            "Data of a class was deleted because its time was over (到期清除).";
    // Trees, posts, pledges
    OrganizationProfiled  "organization.profiled"  "What is recorded of a neighbourhood or a council was set (五个一、自管会登记).";
    OrganizationsLinked   "organization_link.created" "One organization began to lead, guide or serve another (建立组织关系).";
    OrganizationsUnlinked "organization_link.ended" "A link between two organizations ended (终止组织关系).";
    PostCreated           "post.created"           "An organization has a new post (设岗).";
    PostClaimed           "post.claimed"           "Somebody took a post (认领岗位).";
    PostReleased          "post.released"          "A post is free again (退出岗位).";
    PostClosed            "post.closed"            "A post is no more (撤销岗位).";
    PledgeMade            "pledge.made"            "Something was pledged (作出承诺).";
    PledgeJudged          "pledge.judged"          "A pledge was judged or published (承诺评定、公示).";
    // Venues
    VenueCreated          "venue.created"          "A venue was entered (登记阵地).";
    VenueUpdated          "venue.updated"          "A venue was changed (修改阵地).";
    VenueClosed           "venue.closed"           "A venue was closed for good (关闭阵地).";
    // Alliances, their meetings, offers and needs
    AllianceCreated       "alliance.created"       "An alliance was founded (成立联盟).";
    AllianceUpdated       "alliance.updated"       "An alliance was changed (修改联盟).";
    AllianceClosed        "alliance.closed"        "An alliance ended (解散联盟).";
    AllianceJoined        "alliance.joined"        "An organization became a member of an alliance (单位加入联盟).";
    AllianceLeft          "alliance.left"          "An organization leaves an alliance (单位退出联盟).";
    AllianceTurnsSwapped  "alliance.turns_swapped" "Two members of an alliance swapped their turns in the chair (轮值调换).";
    JointMeetingPlanned   "joint_meeting.planned"  "A joint meeting was planned (召集联席会议).";
    JointMeetingRecorded  "joint_meeting.recorded" "A joint meeting was held, or its record was changed (登记联席会议).";
    JointMeetingCancelled "joint_meeting.cancelled" "A joint meeting was cancelled (取消联席会议).";
    PartnershipItemCreated "partnership_item.created" "An organization offers or needs something (发布服务清单).";
    PartnershipItemClaimed "partnership_item.claimed" "An organization claimed what another offers or needs (认领).";
    PartnershipItemReleased "partnership_item.released" "Whoever had claimed it steps back (取消认领).";
    PartnershipItemSigned "partnership_item.signed" "One side signed (签约).";
    PartnershipItemJudged "partnership_item.judged" "The receiving side judged whether it was fulfilled (履约评价).";
    PartnershipItemWithdrawn "partnership_item.withdrawn" "Whoever offered or needed it withdrew it (撤回清单).";
    // Admission and duty lists, whistles, check-ins, points
    AdmissionProposed     "admission_item.proposed" "An item was proposed for an admission list (申报准入事项).";
    AdmissionApproved     "admission_item.approved" "An item of an admission list was approved (批准准入事项).";
    AdmissionRefused      "admission_item.refused" "An item of an admission list was refused (不批准准入事项).";
    DutyItemCreated       "duty_item.created"      "An item was entered in a duty list (登记职责事项).";
    DutyItemEnded         "duty_item.ended"        "An item of a duty list ended (终止职责事项).";
    WhistleBlown          "whistle.blown"          "A department was called to an order (吹哨).";
    WhistleArrived        "whistle.arrived"        "A department came to the order that it was called to (报到).";
    WhistleDone           "whistle.done"           "A department that was called has done its part (吹哨办结).";
    WhistleExcused        "whistle.excused"        "A department that was called need not come (免于报到).";
    WhistleJudged         "whistle.judged"         "One side of a whistle judged the other (吹哨评价).";
    CheckInFiled          "check_in.filed"         "A member checked in where they live, work or belong (双报到登记).";
    CheckInConfirmed      "check_in.confirmed"     "A check-in was confirmed (双报到确认).";
    CheckInPraised        "check_in.praised"       "The community said how a checked-in member takes part (双报到评语).";
    CheckInEnded          "check_in.ended"         "A check-in ended (双报到结束).";
    PointRuleSet          "point_rule.set"         "A rule of points has a new version (设定积分规则).";
    PointsEntered         "points.entered"         "Points were entered (积分登记).";
    PointsAppealed        "points.appealed"        "Somebody appealed against an entry of points (积分申诉).";
    PointsAppealDecided   "points.appeal_decided"  "An appeal against an entry of points was decided (积分申诉办结).";
    PointsSettled         "points.settled"         "The points of a year were settled (积分年度结算).";
}

impl EventType {
    /// The type with this word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|t| t.as_str() == word)
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for EventType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_type_is_a_word_of_its_own_and_says_what_it_is() {
        let mut seen = HashSet::new();
        for kind in EventType::ALL {
            let word = kind.as_str();
            assert!(seen.insert(word), "{word} twice");
            let (noun, verb) = word.split_once('.').expect("a noun, a dot, a verb");
            let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit());
            assert!(plain(noun) && plain(verb), "{word}");
            assert!(kind.about().ends_with(").") && !kind.about().is_ascii(), "{word} says what it is, with the Chinese term");
            assert_eq!(EventType::named(word), Some(*kind));
        }
    }
}
