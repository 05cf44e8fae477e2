# What the throw-away Request Tracker starts with: one queue, the two custom
# fields, the user of the helpdesk declaration and what it may do.
@Queues = ({ Name => 'Support', CorrespondAddress => 'support@usher.test' });

@CustomFields = map { {
    Name => $_->[0], Type => $_->[1], Queue => 0,
    LookupType => 'RT::Queue-RT::Ticket', UniqueValues => $_->[2],
} } ['usher_id', 'FreeformSingle', 1], ['usher_tags', 'FreeformMultiple', 0];

@Users = ({
    Name => 'usher', EmailAddress => 'usher@usher.test',
    Password => 'usher-password', Privileged => 1,
});

@ACL = map { {
    GroupDomain => 'SystemInternal', GroupType => 'Privileged',
    Right => $_, ObjectType => 'RT::System', ObjectId => 1,
} } qw(CreateTicket ShowTicket ShowTicketComments CommentOnTicket
       ReplyToTicket ModifyTicket SeeQueue SeeCustomField ModifyCustomField
       SetInitialCustomField OwnTicket);
1;
